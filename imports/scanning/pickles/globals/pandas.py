"""Names of pandas and of the Arrow arrays in it: frames, series, indexes and their types."""

from typing import Final

from imports.scanning.pickles.globals.tables import Table, table

_TYPES: Final = """BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame
    DatetimeIndex DatetimeTZDtype Float32Dtype Float64Dtype Index Int16Dtype Int32Dtype Int64Dtype
    Int8Dtype Interval IntervalDtype IntervalIndex MultiIndex Period PeriodDtype PeriodIndex
    RangeIndex Series StringDtype Timedelta TimedeltaIndex Timestamp UInt16Dtype UInt32Dtype
    UInt64Dtype UInt8Dtype"""

CALLED: Final[Table] = table(f"""
    pandas: {_TYPES}
    pandas._libs.arrays: __pyx_unpickle_NDArrayBacked
    pandas._libs.internals: _unpickle_block
    pandas._libs.tslibs.nattype: _nat_unpickle
    pandas._libs.tslibs.offsets: Day Hour Minute MonthEnd Second Week
    pandas._libs.tslibs.timedeltas: _timedelta_unpickle
    pandas._libs.tslibs.timestamps: _unpickle_timestamp
    pandas._libs.interval: Interval
    pandas.arrays: ArrowStringArray BooleanArray DatetimeArray FloatingArray IntegerArray
        IntervalArray StringArray TimedeltaArray
    pandas.core.arrays.boolean: BooleanArray BooleanDtype
    pandas.core.arrays.categorical: Categorical
    pandas.core.arrays.datetimes: DatetimeArray
    pandas.core.arrays.floating: Float32Dtype Float64Dtype FloatingArray
    pandas.core.arrays.integer: Int16Dtype Int32Dtype Int64Dtype Int8Dtype IntegerArray
    pandas.core.arrays.string_: StringArray StringDtype
    pandas.core.dtypes.dtypes: CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype
    pandas.core.frame: DataFrame
    pandas.core.indexes.base: Index _new_Index
    pandas.core.indexes.category: CategoricalIndex
    pandas.core.indexes.datetimes: DatetimeIndex _new_DatetimeIndex
    pandas.core.indexes.interval: IntervalIndex _new_IntervalIndex
    pandas.core.indexes.multi: MultiIndex
    pandas.core.indexes.numeric: Float64Index Int64Index
    pandas.core.indexes.range: RangeIndex
    pandas.core.internals.managers: BlockManager SingleBlockManager
    pandas.core.series: Series
    pyarrow.lib: _restore_array py_buffer type_for_alias
""")
