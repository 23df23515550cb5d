"""What comes out of the band, measured: named bounds for eight styles, and what no way of asking may change."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyloudnorm
import pytest
from bench.sound import kinds
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import butter, resample_poly, sosfilt, welch

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.engine import BandEngine
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.cache import WaveformCache
from everjam.engines.band.instruments.contract import Recording, Tone
from everjam.engines.band.mixer import STEMS, Cue, Mixer, Voice
from everjam.engines.band.score import EFFECTS, PARTS, ROOMS, SPECTRA, Articulation, Production
from everjam.steering import Controls, Steering, WeightedPrompt

Q = QUANTUM_FRAMES
SECOND = SAMPLE_RATE_HZ
STYLES = {
    "Synthpop": "pop",
    "House": "electronic",
    "Boom-Bap": "hiphop",
    "Heavy Metal": "rock",
    "Cool Jazz": "jazz",
    "Irish Folk": "acoustic",
    "Orchestral Score": "orchestral",
    "Ambient": "ambient",
}
SECONDS = 10
LUFS, LUFS_RANGE = -14.0, 1.5
MOST_TRUE_PEAK_DB = -1.0
MOST_DC_DB = -60.0
LEAST_CORRELATION = 0.0
LEAST_BASS_CORRELATION = 0.85
MONO_BELOW_HZ = 120.0
PEAK_TO_LOUDNESS_DB = (8.5, 13.1)
MOST_SPECTRUM_DB = 6.0
"""RMS over the octaves of 63 Hz to 8 kHz; the median of all styles has to be better than ``MEDIAN_SPECTRUM_DB``."""
MEDIAN_SPECTRUM_DB = 4.0
MOST_SEAM = 3.0
SAME_DB = -80.0


def steer(prompt: str, **controls: float | bool) -> Steering:
    return Steering((WeightedPrompt(prompt),), Controls(**controls))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Clip:
    audio: Float32Array
    stems: Mapping[str, Float32Array]


@pytest.fixture(scope="module")
def band() -> BandEngine:
    return BandEngine(stems=True)


@pytest.fixture(scope="module")
def clips(band: BandEngine) -> dict[str, Clip]:
    found = {}
    for prompt in STYLES:
        state, blocks = band.start(5), []
        for _ in range(SECONDS // 2):
            block, state = band.render(state, steer(prompt), 2 * SECOND)
            blocks.append(block)
        found[prompt] = Clip(
            np.concatenate([block.audio for block in blocks]),
            {name: np.concatenate([block.stems[name] for block in blocks]) for name in STEMS},
        )
    return found


def peak_db(x: Float32Array) -> float:
    return float(20 * np.log10(np.abs(x).max() + 1e-12))


def lufs_of(audio: Float32Array) -> float:
    return float(pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(audio.astype(np.float64)))


def true_peak_db(audio: Float32Array) -> float:
    return peak_db(resample_poly(audio, 4, 1, axis=0)[4_000:-4_000])


def correlation(audio: Float32Array) -> float:
    left, right = audio.T.astype(np.float64)
    return float((left * right).mean() / np.sqrt((left**2).mean() * (right**2).mean()))


def spectrum_off_db(audio: Float32Array, kind: str) -> float:
    hz, density = welch(audio[4 * SECOND :], SAMPLE_RATE_HZ, nperseg=8_192, axis=0)
    power = density.sum(axis=1)
    centres = np.array(kinds.records()["OCTAVES_HZ"])[1:9]
    bands = [10 * np.log10(power[(hz >= c / 2**0.5) & (hz < c * 2**0.5)].sum() + 1e-15) for c in centres]
    off = np.array(bands) - np.array(kinds.records()["SPECTRA_DB"][kind])[1:9]
    return float((off - off.mean()).std())


class TestStyles:
    @pytest.mark.parametrize("prompt", STYLES)
    def test_level_peaks_and_offset(self, clips: dict[str, Clip], prompt: str) -> None:
        audio = clips[prompt].audio
        lufs, dbtp = lufs_of(audio), true_peak_db(audio)
        assert abs(lufs - LUFS) <= LUFS_RANGE
        assert dbtp <= MOST_TRUE_PEAK_DB
        assert PEAK_TO_LOUDNESS_DB[0] <= dbtp - lufs <= PEAK_TO_LOUDNESS_DB[1]
        assert 20 * np.log10(np.abs(audio.mean(axis=0)).max() + 1e-12) <= MOST_DC_DB

    @pytest.mark.parametrize("prompt", STYLES)
    def test_stereo_folds_to_mono_and_its_bass_is_mono(self, clips: dict[str, Clip], prompt: str) -> None:
        audio = clips[prompt].audio
        bass = sosfilt(butter(4, MONO_BELOW_HZ, fs=SAMPLE_RATE_HZ, output="sos"), audio, axis=0)
        assert correlation(audio) > LEAST_CORRELATION
        assert correlation(bass.astype(np.float32)) >= LEAST_BASS_CORRELATION

    def test_spectra_are_those_of_records_of_their_kind(self, clips: dict[str, Clip]) -> None:
        off = {prompt: spectrum_off_db(clips[prompt].audio, kind) for prompt, kind in STYLES.items()}
        assert max(off.values()) <= MOST_SPECTRUM_DB, off
        assert np.median(list(off.values())) <= MEDIAN_SPECTRUM_DB, off

    @pytest.mark.parametrize("prompt", STYLES)
    def test_no_seam_between_blocks(self, clips: dict[str, Clip], prompt: str) -> None:
        jumps = np.abs(np.diff(clips[prompt].audio.mean(axis=1), 2))
        borders = [jumps[at - 2 : at + 1].max() for at in range(2 * SECOND, len(jumps) - 2, 2 * SECOND)]
        assert max(borders) <= MOST_SEAM * np.quantile(jumps, 0.999)

    @pytest.mark.parametrize("prompt", STYLES)
    def test_stems_add_up_and_none_is_lost(self, clips: dict[str, Clip], prompt: str) -> None:
        clip = clips[prompt]
        assert peak_db(sum(clip.stems.values()) - clip.audio) < SAME_DB + 20
        sounding = [name for name in PARTS if np.abs(clip.stems[name]).max() > 0]
        assert len(sounding) >= 2
        for name in sounding:
            stem = clip.stems[name]
            loud = stem[np.abs(stem).max(axis=1) > 0.1 * np.abs(stem).max()]
            assert 10 * np.log10(np.square(loud).mean() + 1e-15) > -45, name


class TestWaysOfAsking:
    def test_sizes_of_blocks_do_not_matter(self, band: BandEngine) -> None:
        whole, end = band.render(band.start(9), steer("House"), 100 * Q)
        for size in (50, 20, 13, 1):
            state, blocks = band.start(9), []
            for at in range(0, 100, size):
                block, state = band.render(state, steer("House"), min(size, 100 - at) * Q)
                blocks.append(block.audio)
                if size == 1 and at == 29:
                    break
            streamed = np.concatenate(blocks)
            assert peak_db(streamed - whole.audio[: len(streamed)]) < SAME_DB, size
        assert end.frame == 100 * Q

    def test_a_jam_goes_on_bit_by_bit_elsewhere(self, band: BandEngine) -> None:
        _, state = band.render(band.start(3), steer("Boom-Bap"), 50 * Q)
        here, _ = band.render(state, steer("Ambient"), 50 * Q)
        elsewhere, _ = BandEngine(stems=True).render(pickle.loads(pickle.dumps(state)), steer("Ambient"), 50 * Q)
        assert np.array_equal(here.audio, elsewhere.audio)
        assert len(pickle.dumps(state)) < 1_500_000

    def test_a_mute_leaves_level_balance_and_tone_alone(self, band: BandEngine) -> None:
        _, state = band.render(band.start(4), steer("House"), 100 * Q)
        open_, after_open = band.render(state, steer("House"), 50 * Q)
        muted, after_muted = band.render(state, steer("House", mute_drums=True), 50 * Q)
        level, still = after_open.mixer.level, after_muted.mixer.level
        assert abs(level.gain_db - still.gain_db) < 0.1
        gone = 2_000
        assert peak_db(muted.stems["drums"][gone:]) < -60
        for name in ("bass", "chords", "melody", "texture", "voice"):
            difference = muted.stems[name][:gone] - open_.stems[name][:gone]
            assert peak_db(difference) < max(peak_db(open_.stems[name]) - 6, -60), name

    def test_prompts_may_change_without_a_jump(self, band: BandEngine) -> None:
        """Three seconds before against three after within the 2 LU that phrases differ by anyhow; six within 1.5."""
        for before, after in (("Heavy Metal", "Ambient"), ("Ambient", "House")):
            state, blocks = band.start(6), []
            for number in range(9):
                block, state = band.render(state, steer(before if number < 5 else after), SECOND * 2)
                blocks.append(block.audio)
            audio = np.concatenate(blocks)
            levels = [lufs_of(audio[second * SECOND : (second + 3) * SECOND]) for second in (7, 10, 13)]
            assert abs(levels[1] - levels[0]) < 2.0, (before, after)
            assert abs(levels[2] - levels[0]) < 2.0, (before, after)
            phrases = [lufs_of(audio[begin * SECOND : (begin + 6) * SECOND]) for begin in (4, 12)]
            assert abs(phrases[1] - phrases[0]) < 1.5, (before, after)
            assert true_peak_db(audio) <= MOST_TRUE_PEAK_DB


def hostile(tone: Tone) -> Recording:
    """Two seconds at full scale, hard left against right: a square wave of each part's own."""
    wave = np.where(np.arange(2 * SECOND) // (20 + 37 * tone.pitch) % 2, 1.0, -1.0).astype(np.float32)
    return Recording.of(np.stack([wave, np.roll(wave, 11)]))


class TestHostileInput:
    EXTREMES = Production(
        gains_db=dict.fromkeys(PARTS, 12.0),
        reverb=dict.fromkeys(PARTS, 1.0),
        delay=dict.fromkeys(PARTS, 1.0),
        drive=dict.fromkeys(PARTS, 1.0),
        reverb_seconds=6.0,
        delay_feedback=0.8,
        sidechain=1.0,
        width=1.5,
        tilt_db=6.0,
        lofi=1.0,
        effects={effect: dict.fromkeys(PARTS, 1.0) for effect in EFFECTS},
        rooms=dict.fromkeys(ROOMS, 1 / len(ROOMS)),
        spectra=dict.fromkeys(SPECTRA, 1 / len(SPECTRA)),
        glue=1.0,
    )

    @pytest.mark.parametrize("production", [Production(glue=0.0), EXTREMES], ids=["plain", "extremes"])
    @pytest.mark.parametrize("brightness", [0.0, 1.0])
    def test_all_stems_at_full_scale_stay_finite_and_under_the_ceiling(
        self, production: Production, brightness: float
    ) -> None:
        mixer = Mixer(hostile)
        state = mixer.start()
        voices = tuple(
            Voice(part, Tone(PARTS[part], part, 0, 8, 5, 0), second * SECOND, 1.4, 1.4)
            for second in range(5)
            for part in range(len(PARTS))
        )
        cued = replace(state.controls, cues=(Cue(0, production, 6_000),))
        state = replace(state, voices=voices, controls=cued)
        pieces = []
        for number in range(5):
            mutes = (number % 2 == 1, False, number == 3, False, False, False)
            mixed, state = mixer.render(state, mutes, brightness, SECOND)
            pieces.append(mixed.audio)
        audio = np.concatenate(pieces, axis=1).T
        assert np.isfinite(audio).all()
        assert true_peak_db(audio) <= MOST_TRUE_PEAK_DB
        assert np.abs(audio).max() > 0.1


class TestStrokes:
    @pytest.mark.parametrize("articulation", ["roll", "tremolo"])
    def test_strokes_within_a_note_make_no_step(self, articulation: Articulation) -> None:
        """No sample is much further from its neighbour than the 40 before it and the 40 after it are."""
        waveforms = WaveformCache()
        names = {"roll": ("timpani", "taiko", "kick_march", "snare_jazz"), "tremolo": ("harp", "oud", "mandolin")}
        for name in names[articulation]:
            patch = PATCHES[name]
            tone = waveforms.canonical(Tone(name, (patch.low + patch.high) // 2, 600, 5, 5, 0, articulation))
            assert tone.articulation == articulation
            steps = np.abs(np.diff(waveforms.get(tone).samples.astype(np.float64).mean(axis=0)))
            around = sliding_window_view(steps, 81)
            near = np.maximum(around[:, :40].max(axis=1), around[:, 41:].max(axis=1))
            assert (around[:, 40] < 2.5 * near + 0.01 * steps.max()).all(), name
