"""`transcribe` and `caption`, on the recording that the demo uses."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
import webvtt

from tests.config.conftest import PROGRAM, SPEECH, Madoguchi
from transcripts.audio import AudioLimits, decode, to_s16le

VOICE = SPEECH / "voice-message.flac"
SAID = ["Hello, I want to throw away an old sofa.", "What should I do?"]


def test_transcribe_prints_text(madoguchi: Madoguchi) -> None:
    assert madoguchi("transcribe", str(VOICE)).lines == SAID


def test_transcribe_writes_a_webvtt_file_that_another_parser_reads(
    madoguchi: Madoguchi, tmp_path: Path
) -> None:
    written = tmp_path / "said.vtt"

    answer = madoguchi("transcribe", str(VOICE), "--format", "vtt", "-o", str(written))

    cues = list(webvtt.read(written))
    assert (answer.code, answer.out) == (0, "")
    assert [cue.text for cue in cues] == SAID
    assert [cue.start_in_seconds < cue.end_in_seconds <= 5 for cue in cues] == [True, True]


def test_transcribe_writes_srt_in_another_language(madoguchi: Madoguchi) -> None:
    answer = madoguchi("transcribe", str(VOICE), "--format", "srt", "--to", "ja")

    number, times, *rest = answer.lines
    text = rest[: rest.index("")]
    assert number == "1"
    assert times.startswith("00:00:00,")
    assert " --> 00:00:0" in times
    assert "ソファー" in "".join(text)
    assert all(len(line) <= 16 for line in text)


def test_transcribe_json_holds_segments_and_translations(madoguchi: Madoguchi) -> None:
    document = madoguchi("transcribe", str(VOICE), "--json", "--language", "en", "--to", "ja,pt-BR").json

    first = document["segments"][0]
    assert document["language"] == "en"
    assert [segment["text"] for segment in document["segments"]] == SAID
    assert [segment["seq"] for segment in document["segments"]] == [1, 2]
    assert set(first) == {"seq", "start", "end", "language", "text", "translations"}
    assert set(first["translations"]) == {"ja", "pt-BR"}
    assert "sofá" in first["translations"]["pt-BR"]


def test_caption_streams_json_lines_for_a_file(madoguchi: Madoguchi) -> None:
    lines = madoguchi("caption", str(VOICE), "--speed", "0", "--to", "ja").json_lines

    keys = {"type", "seq", "rev", "lang", "text", "start", "end", "audio_s", "wall_s"}
    assert [set(line) for line in lines if line["type"] != "partial"] == [keys] * sum(
        line["type"] != "partial" for line in lines
    )
    assert [line["text"] for line in lines if line["type"] == "segment"] == SAID
    captions = [line for line in lines if line["type"] == "caption"]
    assert [(line["seq"], line["rev"], line["lang"]) for line in captions] == [(1, 1, "ja"), (2, 1, "ja")]
    assert "ソファー" in captions[0]["text"]
    assert [line["type"] for line in lines].index("end") == len(lines) - 1
    walls = [line["wall_s"] for line in lines]
    assert walls == sorted(walls)


def test_caption_hears_raw_audio_on_stdin(madoguchi: Madoguchi) -> None:
    pcm = to_s16le(decode(VOICE.read_bytes(), limits=AudioLimits()))

    lines = madoguchi("caption", "-", stdin=pcm).json_lines

    assert [line["text"] for line in lines if line["type"] == "segment"] == SAID
    assert lines[-1]["type"] == "end"
    assert lines[-1]["audio_s"] == pytest.approx(len(pcm) / 32_000, abs=0.001)


def test_partials_say_how_much_of_them_is_committed(madoguchi: Madoguchi) -> None:
    lines = madoguchi("caption", str(VOICE), "--speed", "4").json_lines

    partials = [line for line in lines if line["type"] == "partial" and line["text"]]
    assert partials
    assert all(0 <= line["stable_chars"] <= len(line["text"]) for line in partials)
    stable = [line["text"][: line["stable_chars"]] for line in partials if line["seq"] == 1]
    assert all(SAID[0].startswith(text) for text in stable)


def test_interrupt_ends_the_audio_and_the_last_words_still_come(madoguchi: Madoguchi) -> None:
    pcm = to_s16le(decode(VOICE.read_bytes(), limits=AudioLimits()))
    with subprocess.Popen(
        [PROGRAM, "caption", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=madoguchi.folder,
        env=madoguchi.environment,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(pcm[: 3 * 32_000])
        running.stdin.flush()
        first = json.loads(running.stdout.readline())
        running.send_signal(signal.SIGINT)
        lines = [first, *map(json.loads, running.stdout)]

    assert running.returncode == 0
    assert [line["text"] for line in lines if line["type"] == "segment"] == SAID[:1]
    assert lines[-1]["type"] == "end"


def test_reader_that_goes_away_ends_the_command_without_a_trace(madoguchi: Madoguchi) -> None:
    with subprocess.Popen(
        [PROGRAM, "caption", str(VOICE), "--speed", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=madoguchi.folder,
        env=madoguchi.environment,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        said = running.stderr.read()

    assert (running.returncode, said) == (1, b"")


def test_names_are_written_as_they_were_given(madoguchi: Madoguchi) -> None:
    lines = madoguchi("caption", str(VOICE), "--speed", "0", "--names", "sofa,Aoba City").json_lines

    assert [line["text"] for line in lines if line["type"] == "segment"] == SAID


def test_caption_of_no_audio_just_ends(madoguchi: Madoguchi) -> None:
    lines = madoguchi("caption", "-").json_lines

    assert [(line["type"], line["seq"], line["audio_s"]) for line in lines] == [("end", 0, 0.0)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["transcribe", "nowhere.wav"], "There is no file “nowhere.wav”."),
        (["transcribe", "."], "The file “.” cannot be read: Is a directory."),
        (
            ["transcribe", str(VOICE), "-o", "/no/where"],
            "There is no folder “/no” to write the file into.",
        ),
        (["caption", "nowhere.wav"], "There is no file “nowhere.wav”."),
        (
            ["caption", str(VOICE), "--language", ""],
            "--language needs a language tag, such as en or ja,pt-BR.",
        ),
        (["caption", str(VOICE), "--speed", "-1"], "--speed must be 0 or more."),
        (
            ["caption", "-", "--language", "ja"],
            "The speech model hears en, not ja; set MADOGUCHI_RECOGNISER__MODEL.",
        ),
        (
            ["caption", "-", "--to", "vi"],
            "No installed model leads from en to vi; see `madoguchi models list`.",
        ),
    ],
)
def test_what_cannot_be_heard_gets_one_sentence(
    madoguchi: Madoguchi, arguments: list[str], sentence: str
) -> None:
    answer = madoguchi(*arguments)

    assert answer.refusal == sentence
    assert answer.out == ""


@pytest.mark.parametrize("command", ["transcribe", "caption"])
def test_file_that_is_no_audio_gets_one_sentence(madoguchi: Madoguchi, tmp_path: Path, command: str) -> None:
    file = tmp_path / "letter.wav"
    file.write_bytes(b"Dear city hall, this is not audio." * 100)

    assert (
        madoguchi(command, str(file)).refusal
        == "This file is not audio that can be read; send WAV, FLAC, MP3, M4A, OGG or WebM."
    )


def test_file_over_the_limit_gets_one_sentence(madoguchi: Madoguchi) -> None:
    answer = madoguchi("transcribe", str(VOICE), HTTP__UPLOAD_LIMIT="1000")

    assert answer.refusal == f"The file “{VOICE}” is larger than 1000 bytes."


def test_unknown_speech_model_gets_one_sentence(madoguchi: Madoguchi) -> None:
    answer = madoguchi("transcribe", str(VOICE), RECOGNISER__MODEL="/no/such/model")

    assert "/no/such/model" in answer.refusal
