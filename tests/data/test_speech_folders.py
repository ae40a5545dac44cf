"""Folders of speech and noise: who is in which split, and what is wrong with some."""

import shutil

import numpy as np
import pytest
import soundfile

from modzoo.data import speech_folders
from modzoo.data.sound_files import RATE
from modzoo.data.speech_folders import Sounds, is_paired, pair_files, read_pair, speech_files
from modzoo.data.splits import SPLITS
from modzoo.errors import CallError


def folder_of(path, names, samples=400):
    for i, name in enumerate(names):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path / name, 0.1 * np.ones(samples + i), RATE)
    return path


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "data"
    (path / "clean").mkdir(parents=True)
    speech = [f"clean/{s:02}/{s:02}-7-{n}.flac" for s in range(20) for n in range(2)]
    noise = [f"noise/{'ab'[i % 2]}/n{i}.wav" for i in range(12)]
    folder_of(path, [*speech, *noise, "rirs/r.wav", "clean/.hidden.wav"])
    (path / "clean" / "SPEAKERS.TXT").write_text("no sound")
    return path


def test_splits_share_neither_speaker_nor_noise(folder):
    parts = {split: speech_files(folder, split) for split in SPLITS}
    speakers = {split: {path.stem[:2] for path in part.clean} for split, part in parts.items()}
    assert speakers["test"] == {"18", "19"} and len(parts["test"].clean) == 4
    assert speakers["validation"] == {"03", "11"}
    assert len(speakers["train"]) == 16 and len(parts["train"].clean) == 32
    noises = {split: {path.name for path in part.noise} for split, part in parts.items()}
    assert noises["test"] == {"n5.wav", "n7.wav", "n9.wav"}  # b/n11 comes before b/n3
    assert sorted(map(len, noises.values())) == [2, 3, 7]
    assert len(set().union(*noises.values())) == 12
    assert [path.name for path in parts["train"].rooms] == ["r.wav"]
    assert speech_files(folder) == parts["test"]


def test_a_speaker_of_the_test_is_in_no_other_split(tmp_path):
    names = [f"clean/a-{i}.wav" for i in range(5)] + [f"clean/b-{i}.wav" for i in range(5)]
    names += [f"clean/c-{i}.wav" for i in range(2)] + [f"noise/{i}.wav" for i in range(3)]
    folder_of(tmp_path, names)
    assert [path.stem for path in speech_files(tmp_path).clean] == ["c-1"]
    others = [
        path.stem for s in ("train", "validation") for path in speech_files(tmp_path, s).clean
    ]
    assert sorted(others) == sorted(f"{s}-{i}" for s in "ab" for i in range(5))


@pytest.mark.parametrize(
    "name, count",
    [("book_1_chp_2_reader_{i}_0_seg_1.wav", 12), ("take_{i}.wav", 12), ("-{i}.wav", 12)],
)
def test_names_of_other_sets(tmp_path, name, count):
    names = [f"clean/{name.format(i=i)}" for i in range(count)]
    folder_of(tmp_path, names + [f"noise/{i}.wav" for i in range(4)])
    sizes = [len(speech_files(tmp_path, split).clean) for split in SPLITS]
    assert sum(sizes) == count and min(sizes) >= 1 and sizes[2] == 1


@pytest.mark.parametrize(
    "names, message",
    [
        ([], "no data folder"),
        (["clean/a.wav"], "holds 1 clean sounds and 0 noises, of which three splits need"),
        (["speech/clean/a.wav"], "are in .*speech: give that folder"),
        (
            [f"clean/{s}-{i}.wav" for s in "ab" for i in range(3)]
            + [f"noise/{i}.wav" for i in range(3)],
            "holds the speakers a, b; three splits need at least 3",
        ),
    ],
)
def test_too_little(tmp_path, names, message):
    folder_of(tmp_path / "d", names)
    with pytest.raises(CallError, match=message):
        speech_files(tmp_path / "d", "train")


def test_an_unknown_split(folder):
    with pytest.raises(CallError, match="no split 'dev'; it has: train, validation, test"):
        speech_files(folder, "dev")


# Sounds


def test_what_is_not_kept_is_read_again(folder, monkeypatch):
    paths = speech_files(folder).clean
    kept = Sounds(paths)
    monkeypatch.setattr(speech_folders, "MAX_KEPT", 500)
    reread = Sounds(paths)
    assert kept.lengths == reread.lengths == [len(kept[i]) for i in range(4)]
    for i in range(len(kept)):
        np.testing.assert_array_equal(kept[i], reread[i])
    assert reread[3] is not reread[3] and kept[3] is kept[3]


def test_a_damaged_sound_is_named(folder):
    path = speech_files(folder).clean[1]
    path.write_text("no sound")
    with pytest.raises(CallError, match=f"Cannot read the sound {path}"):
        Sounds(speech_files(folder).clean)


# Pairs


def test_pairs(tmp_path):
    folder_of(tmp_path, ["clean/p1/b.wav", "clean/a.wav"])
    assert not is_paired(tmp_path)
    shutil.copytree(tmp_path / "clean", tmp_path / "noisy")
    assert is_paired(tmp_path)
    pairs = pair_files(tmp_path)
    assert [noisy.name for noisy, _ in pairs] == ["a.wav", "b.wav"]
    assert pairs[1] == (tmp_path / "noisy/p1/b.wav", tmp_path / "clean/p1/b.wav")
    noisy, clean = read_pair(pairs[0])
    np.testing.assert_array_equal(noisy, clean)
    folder_of(tmp_path, ["clean/a.wav"], samples=300)
    with pytest.raises(CallError, match=r"noisy/a.wav is of 401 samples, and .* of 300; a pair"):
        read_pair(pairs[0])
    (tmp_path / "noisy/a.wav").unlink()
    with pytest.raises(CallError, match=r"without a partner: a\.wav"):
        pair_files(tmp_path)
    shutil.rmtree(tmp_path / "clean")
    with pytest.raises(CallError, match=r"without a partner: p1/b\.wav"):
        pair_files(tmp_path)
    shutil.rmtree(tmp_path / "noisy")
    with pytest.raises(CallError, match="holds no sounds; expected"):
        pair_files(tmp_path)


def test_the_published_data(data_dir):
    parts = {split: speech_files(data_dir / "speech", split) for split in SPLITS}
    assert [len(part.clean) for part in parts.values()] == [87, 12, 11]
    assert [path.stem for path in parts["validation"].noise] == ["n1", "pink_noise"]
    assert [path.stem for path in parts["test"].noise] == ["noise1", "noise2", "noise3"]
    assert parts["test"].clean[0].stem == "839-130898-0000"
    assert len(parts["train"].rooms) == 4
    assert len(pair_files(data_dir / "speech" / "voicebank_pairs")) == 6
