"""Run by LibreTranslate's own interpreter: the server as its users start it, but for the sentence splitter.

The splitter's models are downloaded from GitHub at first use, and neither the packages nor a setting
(ARGOS_CHUNK_TYPE=NONE is not implemented) can do without them. Every text measured is one sentence, so the splitter is
told to leave each text whole: the server is spared that work, which is in its favour.
"""

from __future__ import annotations

import runpy

from argostranslate.sbd import MiniSBDSentencizer

MiniSBDSentencizer.split_sentences = lambda self, text: [text]

runpy.run_module("libretranslate.main", run_name="__main__")
