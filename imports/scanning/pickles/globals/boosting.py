"""Names of XGBoost and LightGBM.

Their boosters read the model back by a parser in C++, from bytes or text in the state. They are
never called: ``Booster(model_file=…)`` would open a file.
"""

from typing import Final

from imports.scanning.pickles.globals.tables import Table, table

MADE: Final[Table] = table("""
    lightgbm.basic: Booster
    lightgbm.compat: _LGBMLabelEncoder
    lightgbm.sklearn: LGBMClassifier LGBMModel LGBMRanker LGBMRegressor
    xgboost.compat: XGBoostLabelEncoder
    xgboost.core: Booster
    xgboost.sklearn: XGBClassifier XGBModel XGBRFClassifier XGBRFRegressor XGBRanker XGBRegressor
""")
