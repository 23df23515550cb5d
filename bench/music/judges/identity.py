"""Can a prompt be told from all others by what is heard?"""

from collections import Counter

import numpy as np
import numpy.typing as npt
from bench.music.clips import Clip, clip
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least
from bench.music.running import Job, Results
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

SECONDS = 20.0
FOLDS = 4
SHRINKAGE = 0.6
"""Of the covariance towards a diagonal one: features are as many as clips."""
TOP = 5
Matrix = npt.NDArray[np.float64]


def clips(scope: Scope) -> list[Clip]:
    """The guides' prompts, nothing else asked for."""
    return [clip(prompt, 500 + seed, SECONDS) for prompt in scope.guide for seed in range(scope.seeds)]


def jobs(scope: Scope) -> list[Job]:
    """One feature vector a clip."""
    return [Job(one, "timbre") for one in clips(scope)]


def judge(scope: Scope, results: Results) -> Verdict:
    """Linear discriminants, trained on some seeds and tested on others, in turn."""
    wanted = clips(scope)
    features = np.array([results[Job(one, "timbre")]["features"] for one in wanted])
    labels = np.array([scope.guide.index(one.prompt) for one in wanted])
    folds = np.array([one.seed % FOLDS for one in wanted])
    ranked = _ranked(features, labels, folds)
    top1 = ranked[:, 0] == labels
    top5 = (ranked[:, :TOP] == labels[:, None]).any(axis=1)
    near = _neighbours(features, labels, folds)
    confused = Counter(
        (scope.guide[truth], scope.guide[guess])
        for truth, guess in zip(labels, ranked[:, 0], strict=True)
        if truth != guess
    )
    names = np.array(scope.guide)
    return Verdict(
        [
            at_least(
                "prompts told apart, right at the first guess (LDA, unheard seeds)",
                float(top1.mean()),
                0.8,
                len(wanted),
            ),
            at_least("prompts told apart, right among five guesses", float(top5.mean()), 0.97, len(wanted)),
            Figure("prompts told apart by the nearest neighbour instead, first guess", near, of=len(wanted)),
            Figure("the same by guessing", 1 / max(len(scope.guide), 1), of=len(scope.guide)),
        ],
        {
            str(names[label]): {
                "told_apart": float(top1[labels == label].mean()),
                "top5": float(top5[labels == label].mean()),
            }
            for label in range(len(names))
        },
        [f"{one} taken for {other} {count} times" for (one, other), count in confused.most_common(40)],
        {"confused": [[one, other, count] for (one, other), count in confused.most_common(40)]},
    )


def _ranked(features: Matrix, labels: npt.NDArray[np.int64], folds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Labels by likeliness, the likeliest first, for each clip; ``(clips, labels)``."""
    classes = np.unique(labels)
    ranked = np.zeros((len(labels), len(classes)), np.int64)
    for fold in np.unique(folds):
        test = folds == fold
        scaler = StandardScaler().fit(features[~test])
        model = LinearDiscriminantAnalysis(solver="eigen", shrinkage=SHRINKAGE)
        model.fit(scaler.transform(features[~test]), labels[~test])
        scores = model.predict_log_proba(scaler.transform(features[test]))
        ranked[test] = model.classes_[np.argsort(-scores, axis=1)]
    return ranked


def _neighbours(features: Matrix, labels: npt.NDArray[np.int64], folds: npt.NDArray[np.int64]) -> float:
    right = []
    for fold in np.unique(folds):
        test = folds == fold
        scaler = StandardScaler().fit(features[~test])
        model = KNeighborsClassifier(1, metric="manhattan").fit(scaler.transform(features[~test]), labels[~test])
        right.extend(model.predict(scaler.transform(features[test])) == labels[test])
    return float(np.mean(right))
