"""Names of NumPy, SciPy and joblib: arrays, scalars, random states, sparse matrices."""

from typing import Final

from imports.scanning.pickles.globals.tables import Table, table

_FUNCTIONS: Final = """abs absolute add amax amin arccos arccosh arcsin arcsinh arctan arctanh
    around asarray cbrt ceil clip cos cosh deg2rad divide exp exp2 expm1 fabs floor hypot
    invert isfinite isinf isnan log log10 log1p log2 logical_not max maximum mean median min
    minimum multiply nan_to_num nanmax nanmean nanmedian nanmin negative positive power rad2deg
    ravel reciprocal rint round sign sin sinh sqrt square std subtract sum tan tanh true_divide
    trunc var"""
_SCALARS: Final = """bool bool_ bytes_ complex128 complex64 datetime64 float16 float32 float64
    float128 int16 int32 int64 int8 intc intp longdouble object_ str_ timedelta64 uint16 uint32
    uint64 uint8 void"""

CALLED: Final[Table] = table(f"""
    numpy: dtype {_SCALARS} {_FUNCTIONS}
    numpy.core.multiarray: _reconstruct scalar
    numpy._core.multiarray: _reconstruct scalar
    numpy.core.numeric: _frombuffer
    numpy._core.numeric: _frombuffer
    numpy.ma.core: _mareconstruct
    numpy.random: RandomState __RandomState_ctor
    numpy.random._mt19937: MT19937
    numpy.random._pcg64: PCG64 PCG64DXSM
    numpy.random._philox: Philox
    numpy.random._sfc64: SFC64
    numpy.random._generator: Generator
    numpy.random.mtrand: RandomState
    numpy.random.bit_generator: SeedSequence __pyx_unpickle_SeedSequence
    numpy.random._pickle: __bit_generator_ctor __generator_ctor __randomstate_ctor
    scipy._lib.array_api_compat.numpy._aliases: asarray
""")
_FORMATS: Final = ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
_SPARSE: Final = "\n".join(
    f"scipy.sparse.{prefix}{form}: {form}_matrix {form}_array"
    for form in _FORMATS
    for prefix in ("", "_")
)
# An array that is called takes bytes of the file for pointers, if it is told that it holds objects.
# Pickles hand its class to a function that allows no buffer.
REFERRED: Final[Table] = table("""
    numpy: matrix ndarray
    numpy.ma: MaskedArray
    numpy.ma.core: MaskedArray
    numpy.matrixlib.defmatrix: matrix
""")
MADE: Final[Table] = table(f"""
    joblib.numpy_pickle: NumpyArrayWrapper
    sklearn.externals.joblib.numpy_pickle: NumpyArrayWrapper
    scipy.interpolate._bsplines: BSpline
    scipy.interpolate._interpolate: PPoly interp1d
    scipy.interpolate.interpolate: interp1d
    {_SPARSE}
""")
