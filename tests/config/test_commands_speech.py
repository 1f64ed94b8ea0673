"""`transcribe` and `caption`, on the recording that the demo uses."""

from __future__ import annotations

from pathlib import Path

import pytest
import webvtt

from tests.config.conftest import SPEECH, Madoguchi
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

    number, times, text, gap = answer.lines[:4]
    assert (number, gap) == ("1", "")
    assert times.startswith("00:00:00,")
    assert " --> 00:00:0" in times
    assert "ソファー" in text


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
    assert [set(line) for line in lines] == [keys] * len(lines)
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
