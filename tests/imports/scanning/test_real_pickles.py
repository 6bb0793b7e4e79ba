"""Files that libraries write every day: none of them may be quarantined."""

import io
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import DBSCAN, Birch, KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    LabelEncoder,
    OneHotEncoder,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier, XGBRegressor

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.scanned import scanned

rng = np.random.default_rng(0)
FEATURES = rng.random((60, 4))
LABELS = np.arange(60) % 2
FRAME = pd.DataFrame({"age": range(60), "city": ["Bern", "Ulm"] * 30})


def _fitted(model: Any) -> Callable[[], Any]:
    return lambda: model.fit(FEATURES, LABELS)


def _columns() -> Any:
    steps = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["city"]),
        ],
        remainder="passthrough",
    )
    return Pipeline([("columns", steps), ("model", LogisticRegression())]).fit(FRAME, LABELS)


def _search() -> Any:
    pipeline = make_pipeline(SelectKBest(f_classif, k=2), SVC(probability=False))
    search = GridSearchCV(pipeline, {"svc__C": [0.1, 1.0]}, cv=2, scoring="accuracy")
    return search.fit(FEATURES, LABELS)


def _vote() -> Any:
    members = [("tree", DecisionTreeClassifier()), ("line", LogisticRegression())]
    return VotingClassifier(members).fit(FEATURES, LABELS)


MODELS: dict[str, Callable[[], Any]] = {
    "random forest": _fitted(RandomForestClassifier(5)),
    "regression forest": _fitted(RandomForestRegressor(5)),
    "extra trees": _fitted(ExtraTreesClassifier(5)),
    "isolation forest": _fitted(IsolationForest(n_estimators=5)),
    "gradient boosting": _fitted(GradientBoostingClassifier(n_estimators=3)),
    "histogram boosting": _fitted(HistGradientBoostingClassifier(max_iter=3)),
    "ada boost": _fitted(AdaBoostClassifier(n_estimators=3)),
    "tree": _fitted(DecisionTreeClassifier()),
    "logistic regression": _fitted(LogisticRegression()),
    "ridge": _fitted(Ridge()),
    "stochastic gradient": _fitted(SGDClassifier()),
    "support vectors": _fitted(SVC()),
    "neighbours": _fitted(KNeighborsClassifier(algorithm="kd_tree")),
    "ball tree": _fitted(KNeighborsClassifier(algorithm="ball_tree")),
    "naive Bayes": _fitted(GaussianNB()),
    "perceptron": _fitted(MLPClassifier((3,), max_iter=5)),
    "Gaussian process": _fitted(GaussianProcessClassifier()),
    "mixture": _fitted(GaussianMixture(2)),
    "k-means": _fitted(KMeans(2, n_init=1)),
    "density": _fitted(DBSCAN()),
    "Birch": _fitted(Birch(n_clusters=2)),
    "components": _fitted(PCA(2)),
    "calibrated": _fitted(CalibratedClassifierCV(GaussianNB(), cv=2)),
    "stacking": _fitted(StackingClassifier([("tree", DecisionTreeClassifier())], cv=2)),
    "voting": _vote,
    "columns": _columns,
    "search": _search,
    "isotonic": lambda: IsotonicRegression().fit(FEATURES[:, 0], LABELS),
    "words": lambda: make_pipeline(TfidfVectorizer(), TruncatedSVD(1)).fit(["a cat", "a dog"] * 9),
    "function": lambda: make_pipeline(FunctionTransformer(np.log1p), Ridge()).fit(FEATURES, LABELS),
    "target": lambda: TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1).fit(
        FEATURES, LABELS
    ),
    "union": lambda: FeatureUnion([("pca", PCA(1)), ("scaled", StandardScaler())]).fit(FEATURES),
    "imputer": lambda: KNNImputer().fit(FEATURES),
    "bins": lambda: KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf").fit(FEATURES),
    "splines": lambda: SplineTransformer().fit(FEATURES),
    "labels": lambda: LabelEncoder().fit(["x", "y"]),
    "XGBoost": _fitted(XGBClassifier(n_estimators=3)),
    "XGBoost regression": _fitted(XGBRegressor(n_estimators=3)),
    "XGBoost booster": lambda: XGBClassifier(n_estimators=2).fit(FEATURES, LABELS).get_booster(),
    "LightGBM": _fitted(LGBMClassifier(n_estimators=3, verbose=-1)),
    "LightGBM regression": _fitted(LGBMRegressor(n_estimators=3, verbose=-1)),
    "arrays": lambda: {
        "numbers": np.arange(10.0),
        "none": np.zeros((0, 3)),
        "columns first": np.asfortranarray(np.ones((3, 4))),
        "objects": np.array(["x", None, {"a": 1}], dtype=object),
        "texts": np.array(["abc", "ä"]),
        "records": np.zeros(3, dtype=[("a", "f8", (2,)), ("b", "i4")]),
        "records of objects": np.zeros(3, dtype=[("a", "f8"), ("b", "O")]),
        "dates": np.array(["2020"], dtype="M8[ns]"),
        "scalar": np.float32(1),
        "masked": np.ma.masked_array([1, 2], [True, False]),
    },
    "sparse": lambda: [sparse.random(9, 9, format=form) for form in ("csr", "csc", "coo")],
    "random": lambda: (np.random.default_rng(0), np.random.RandomState(1)),
    "frame": lambda: FRAME.assign(when=pd.Timestamp("2020"), kind=pd.Categorical(FRAME["city"])),
}


@pytest.fixture(scope="module")
def made() -> Callable[[str], Any]:
    kept: dict[str, Any] = {}

    def make(name: str) -> Any:
        if name not in kept:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                kept[name] = MODELS[name]()
        return kept[name]

    return make


@pytest.mark.parametrize("name", MODELS)
def test_pickles_of_ordinary_models_are_known(name: str, made: Callable[[str], Any]) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        found = scanned(pickle.dumps(made(name), protocol))
        assert (found.verdict, found.findings) == (Verdict.KNOWN, ()), protocol


@pytest.mark.parametrize("name", MODELS)
def test_joblib_files_of_ordinary_models_are_known(name: str, made: Callable[[str], Any]) -> None:
    for protocol in (None, 0, 2):
        file = io.BytesIO()
        joblib.dump(made(name), file, protocol=protocol)
        found = scanned(file.getvalue(), "model.joblib")
        assert (found.verdict, found.findings) == (Verdict.KNOWN, ()), protocol


@pytest.mark.parametrize("compression", ["zlib", "gzip", "bz2", "lzma", "xz", "lz4"])
def test_compressed_joblib_files_are_known(
    compression: str, made: Callable[[str], Any], tmp_path: Any
) -> None:
    model = {"forest": made("random forest"), "arrays": made("arrays")}
    (file,) = joblib.dump(model, tmp_path / "model.joblib", compress=(compression, 3))
    found = scanned((tmp_path / "model.joblib").read_bytes(), file)
    assert found.verdict is Verdict.KNOWN
    assert "joblib.numpy_pickle.NumpyArrayWrapper" in found.globals


def test_several_pickles_in_one_file_are_all_read() -> None:
    found = scanned(pickle.dumps([1, 2]) + pickle.dumps(FEATURES) + pickle.dumps({"a": None}))
    assert found.verdict is Verdict.KNOWN
    assert "numpy.dtype" in found.globals


def test_a_large_vocabulary_is_read_to_its_end() -> None:
    found = scanned(pickle.dumps({f"word {number}": number for number in range(100_000)}))
    assert (found.verdict, found.globals) == (Verdict.KNOWN, ())


def test_arrays_of_objects_in_a_npz_are_known() -> None:
    file = io.BytesIO()
    np.savez_compressed(file, numbers=FEATURES, objects=np.array([None, "x"], dtype=object))
    found = scanned(file.getvalue(), "arrays.npz")
    assert (found.verdict, found.format, found.members) == (Verdict.KNOWN, "zip", 2)
