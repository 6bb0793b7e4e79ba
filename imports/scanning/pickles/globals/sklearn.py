"""Names of scikit-learn.

Estimators are a family: a class of one of the names below in a module of one of the packages
below, since scikit-learn moves its modules from release to release and its class names stay.
``BaseEstimator.__setstate__`` compares a version and fills ``__dict__``; those that have one of
their own (isotonic regression, the predictors of histogram boosting) compute from numbers only.
Functions and metrics that estimators keep are exact names.
"""

import re
from typing import Final

from imports.scanning.pickles.globals.tables import Table, table, words

_PACKAGES: Final = (
    "calibration|cluster|compose|covariance|cross_decomposition|decomposition|discriminant_analysis"
    "|dummy|ensemble|feature_extraction|feature_selection|frozen|gaussian_process|impute|isotonic"
    "|kernel_approximation|kernel_ridge|linear_model|manifold|mixture|model_selection|multiclass"
    "|multioutput|naive_bayes|neighbors|neural_network|pipeline|preprocessing|random_projection"
    "|semi_supervised|svm|tree"
)
_MODULE: Final = re.compile(rf"sklearn\.(?:{_PACKAGES})(?:\.[a-z0-9_]+){{0,2}}")
_ESTIMATORS: Final = words("""
    ARDRegression AdaBoostClassifier AdaBoostRegressor AdditiveChi2Sampler AffinityPropagation
    AgglomerativeClustering BaggingClassifier BaggingRegressor BayesianGaussianMixture
    BayesianRidge BernoulliNB BernoulliRBM Binarizer Birch BisectingKMeans CCA
    CalibratedClassifierCV CategoricalNB ClassicalMDS ClassifierChain ColumnTransformer
    ComplementNB CountVectorizer DBSCAN DecisionTreeClassifier DecisionTreeRegressor
    DictVectorizer DictionaryLearning DummyClassifier DummyRegressor ElasticNet ElasticNetCV
    EllipticEnvelope EmpiricalCovariance ExtraTreeClassifier ExtraTreeRegressor
    ExtraTreesClassifier ExtraTreesRegressor FactorAnalysis FastICA FeatureAgglomeration
    FeatureHasher FeatureUnion FixedThresholdClassifier FrozenEstimator FunctionTransformer
    GammaRegressor GaussianMixture GaussianNB GaussianProcessClassifier
    GaussianProcessRegressor GaussianRandomProjection GenericUnivariateSelect
    GradientBoostingClassifier GradientBoostingRegressor GraphicalLasso GraphicalLassoCV
    GridSearchCV HDBSCAN HalvingGridSearchCV HalvingRandomSearchCV HashingVectorizer
    HistGradientBoostingClassifier HistGradientBoostingRegressor HuberRegressor IncrementalPCA
    IsolationForest Isomap IsotonicRegression IterativeImputer KBinsDiscretizer KMeans
    KNNImputer KNeighborsClassifier KNeighborsRegressor KNeighborsTransformer KernelCenterer
    KernelDensity KernelPCA KernelRidge LabelBinarizer LabelEncoder LabelPropagation
    LabelSpreading Lars LarsCV Lasso LassoCV LassoLars LassoLarsCV LassoLarsIC
    LatentDirichletAllocation LedoitWolf LinearDiscriminantAnalysis LinearRegression LinearSVC
    LinearSVR LocalOutlierFactor LocallyLinearEmbedding LogisticRegression LogisticRegressionCV
    MDS MLPClassifier MLPRegressor MaxAbsScaler MeanShift MinCovDet MinMaxScaler
    MiniBatchDictionaryLearning MiniBatchKMeans MiniBatchNMF MiniBatchSparsePCA
    MissingIndicator MultiLabelBinarizer MultiOutputClassifier MultiOutputRegressor
    MultiTaskElasticNet MultiTaskElasticNetCV MultiTaskLasso MultiTaskLassoCV MultinomialNB NMF
    NearestCentroid NearestNeighbors NeighborhoodComponentsAnalysis Normalizer NuSVC NuSVR
    Nystroem OAS OPTICS OneClassSVM OneHotEncoder OneVsOneClassifier OneVsRestClassifier
    OrdinalEncoder OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV OutputCodeClassifier
    PCA PLSCanonical PLSRegression PLSSVD PassiveAggressiveClassifier
    PassiveAggressiveRegressor PatchExtractor Perceptron Pipeline PoissonRegressor
    PolynomialCountSketch PolynomialFeatures PowerTransformer QuadraticDiscriminantAnalysis
    QuantileRegressor QuantileTransformer RANSACRegressor RBFSampler RFE RFECV
    RadiusNeighborsClassifier RadiusNeighborsRegressor RadiusNeighborsTransformer
    RandomForestClassifier RandomForestRegressor RandomTreesEmbedding RandomizedSearchCV
    RegressorChain Ridge RidgeCV RidgeClassifier RidgeClassifierCV RobustScaler SGDClassifier
    SGDOneClassSVM SGDRegressor SVC SVR SelectFdr SelectFpr SelectFromModel SelectFwe
    SelectKBest SelectPercentile SelfTrainingClassifier SequentialFeatureSelector
    ShrunkCovariance SimpleImputer SkewedChi2Sampler SparseCoder SparsePCA
    SparseRandomProjection SpectralBiclustering SpectralClustering SpectralCoclustering
    SpectralEmbedding SplineTransformer StackingClassifier StackingRegressor StandardScaler
    TSNE TargetEncoder TfidfTransformer TfidfVectorizer TheilSenRegressor
    TransformedTargetRegressor TruncatedSVD TunedThresholdClassifierCV TweedieRegressor
    VarianceThreshold VotingClassifier VotingRegressor
""")

_LOSSES: Final = """AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss
    HalfMultinomialLoss HalfPoissonLoss HalfSquaredError HalfTweedieLoss HalfTweedieLossIdentity
    HuberLoss PinballLoss"""
_DISTANCES: Final = " ".join(
    f"{name}Distance{width}"
    for name in [
        "BrayCurtis",
        "Canberra",
        "Chebyshev",
        "Dice",
        "Euclidean",
        "Hamming",
        "Haversine",
        "Jaccard",
        "Kulsinski",
        "Mahalanobis",
        "Manhattan",
        "Matching",
        "Minkowski",
        "RogersTanimoto",
        "RussellRao",
        "SEuclidean",
        "SokalMichener",
        "SokalSneath",
    ]
    for width in ("", "32", "64")
)

# Cython classes are made by calls with sizes, and check the arrays of their state themselves.
CALLED: Final[Table] = table(f"""
    sklearn._loss._loss: {" ".join(f"Cy{name}" for name in _LOSSES.split())}
        __pyx_unpickle_CyHalfMultinomialLoss
    sklearn.linear_model._sgd_fast: EpsilonInsensitive Hinge Huber Log ModifiedHuber
        SquaredEpsilonInsensitive SquaredHinge SquaredLoss
    sklearn.metrics._dist_metrics: newObj {_DISTANCES}
    sklearn.neighbors._ball_tree: newObj BallTree BallTree32 BallTree64
    sklearn.neighbors._kd_tree: newObj KDTree KDTree32 KDTree64
    sklearn.tree._tree: Tree
    sklearn.cluster._kmeans: _kmeans_single_elkan _kmeans_single_lloyd
    sklearn.feature_selection._mutual_info: mutual_info_classif mutual_info_regression
    sklearn.feature_selection._univariate_selection: chi2 f_classif f_oneway f_regression
        r_regression
    sklearn.metrics._classification: accuracy_score balanced_accuracy_score brier_score_loss
        cohen_kappa_score f1_score fbeta_score hamming_loss hinge_loss jaccard_score log_loss
        matthews_corrcoef precision_score recall_score zero_one_loss
    sklearn.metrics._ranking: average_precision_score ndcg_score roc_auc_score
        top_k_accuracy_score
    sklearn.metrics._regression: d2_absolute_error_score explained_variance_score max_error
        mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss
        mean_poisson_deviance mean_squared_error mean_squared_log_error mean_tweedie_deviance
        median_absolute_error r2_score root_mean_squared_error root_mean_squared_log_error
    sklearn.metrics.cluster._unsupervised: calinski_harabasz_score davies_bouldin_score
        silhouette_score
""")
MADE: Final[Table] = table(f"""
    sklearn._loss.link: HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit
    sklearn._loss.loss: {_LOSSES}
    sklearn.calibration: _CalibratedClassifier _SigmoidCalibration _TemperatureScaling
    sklearn.cluster._birch: _CFNode _CFSubcluster
    sklearn.cluster._bisect_k_means: _BisectingTree
    sklearn.compose._column_transformer: _RemainderColsList make_column_selector
    sklearn.ensemble._hist_gradient_boosting.binning: _BinMapper
    sklearn.ensemble._hist_gradient_boosting.predictor: TreePredictor
    sklearn.gaussian_process._gpc: _BinaryGaussianProcessClassifierLaplace
    sklearn.gaussian_process.kernels: CompoundKernel ConstantKernel DotProduct ExpSineSquared
        Exponentiation Matern PairwiseKernel Product RBF RationalQuadratic Sum WhiteKernel
    sklearn.metrics._scorer: _CurveScorer _MultimetricScorer _PassthroughScorer _PredictScorer
        _ProbaScorer _Scorer _ThresholdScorer
    sklearn.model_selection._split: GroupKFold KFold LeaveOneOut RepeatedKFold
        RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold StratifiedKFold
        StratifiedShuffleSplit TimeSeriesSplit
    sklearn.multiclass: _ConstantPredictor
    sklearn.neural_network._stochastic_optimizers: AdamOptimizer SGDOptimizer
    sklearn.utils: Bunch
    sklearn.utils._bunch: Bunch
    sklearn.utils._metadata_requests: MetadataRequest MethodMetadataRequest
""")


def is_estimator(module: str, name: str) -> bool:
    """Say whether a name is that of an estimator, in a module where estimators are."""
    return name in _ESTIMATORS and _MODULE.fullmatch(module) is not None
