"""The texts of the sample cards: what each model is, and what all of them share."""

import json
from dataclasses import dataclass
from typing import Any, Final

from aegis.demo.training import Trained


@dataclass(frozen=True, slots=True)
class Purpose:
    """What is told of one model in its cards."""

    overview: str
    business_use: str
    intended_use: str
    out_of_scope: str
    limitations: str
    risks: str
    owner: str
    developer: str


BREAST_CANCER: Final = Purpose(
    overview="Reads thirty measurements of cell nuclei and says how likely the sample is benign. "
    "It sorts the queue of the pathologists, who look at every sample themselves.",
    business_use="Decides which samples are looked at first. A malignant sample at the end of the "
    "queue waits up to two days longer; a benign one in front costs a few minutes.",
    intended_use="Fine-needle samples that were prepared and measured by the protocol of the data "
    "set, in one laboratory, once a day.",
    out_of_scope="It gives no diagnosis, and no sample is left out on its word. Not for other "
    "tissue, other preparation, or people under 18.",
    limitations="569 samples of one hospital. Samples with a rough texture are read less well; see "
    "the bias audit for the gap.",
    risks="An over-confident score could make people hurry. The list shows ranks and no "
    "probabilities, and every sample is read in any case.",
    owner="Karim Aziz",
    developer="Aiko Tanaka",
)
DIGITS: Final = Purpose(
    overview="Reads one handwritten digit from an image of eight by eight pixels, for the "
    "amounts on paper forms that still arrive by post.",
    business_use="Fills in the amount that a clerk then confirms. A wrong digit that nobody sees "
    "costs a letter and a correction, about 11 euros.",
    intended_use="Scanned forms of the current print run, one digit a box, about 3,000 a day.",
    out_of_scope="Not for signatures, free text, cheques, or amounts that no clerk confirms.",
    limitations="Trained on 1,078 images of 43 writers. It confuses 8 with 1 and 9 with 3 more "
    "often than other pairs.",
    risks="Clerks may stop looking. One form in fifty is therefore shown with a wrong amount on "
    "purpose, and misses are counted.",
    owner="Karim Aziz",
    developer="Mina Okafor",
)
WINE: Final = Purpose(
    overview="Says from which of three cultivars a wine was made, by thirteen chemical values, for "
    "the tasting notes of the shop.",
    business_use="Chooses the text that a customer reads. A wrong text is embarrassing and costs a "
    "reprint of a label, about 40 cents.",
    intended_use="Wines of one region with a full analysis from the laboratory, a few each week.",
    out_of_scope="Not for claims of origin, for labels that the law asks for, or other regions.",
    limitations="178 wines of one region and few years; it has never seen a rosé.",
    risks="Somebody could take the text for a proof of origin. The note says that it is a guess.",
    owner="Karim Aziz",
    developer="Mina Okafor",
)
DIABETES: Final = Purpose(
    overview="Says whether the disease of a patient is likely to progress faster than that of half "
    "the patients, from ten values at the first visit.",
    business_use="Supports the choice between a visit after six or after twelve months. A fast "
    "progression that is missed is seen half a year later.",
    intended_use="Adults at their first visit with all ten values measured, about 20 a week.",
    out_of_scope="Never used to refuse a treatment or a visit, and never for insurance.",
    limitations="442 patients, one clinic, values from the years before 2004. One patient in four "
    "is placed wrongly, and it is weaker for one sex than for the other.",
    risks="A wrong interval between visits. The doctor decides, sees the three strongest values, "
    "and can note a disagreement, which we read every month.",
    owner="Karim Aziz",
    developer="Aiko Tanaka",
)

IRIS: Final = Purpose(
    overview="Says which of three species an iris is, from four lengths that a gardener measures, "
    "for the labels of the plants that are sold in flower.",
    business_use="Fills in the species on a label. A wrong one is noticed a year later, when the "
    "plant flowers again, and costs a replacement of about 6 euros.",
    intended_use="Irises in flower, measured with the nursery's gauge, some 200 a day in May.",
    out_of_scope="Not for other plants, garden hybrids, seeds, or exports that need a certificate.",
    limitations="150 plants of three species, most of them from one pasture. Versicolor and "
    "virginica overlap, and no measurement tells the last few apart.",
    risks="A label looks certain. Below the cutoff of its species none is printed, and a gardener "
    "looks at the plant.",
    owner="Karim Aziz",
    developer="Mina Okafor",
)


def card(purpose: Purpose, trained: Trained, **other: str) -> dict[str, str]:
    """Return the sections of a complete card; ``other`` replaces some of them."""
    dataset = trained.facts["dataset"]
    sections = {
        "overview": purpose.overview,
        "business_use": purpose.business_use,
        "intended_use": purpose.intended_use,
        "out_of_scope": purpose.out_of_scope,
        "assumptions": "The values are measured as they were in the training data, and the share "
        "of each class stays within five points of what it was there.",
        "limitations": purpose.limitations,
        "risks": purpose.risks,
        "training_data": f"{dataset['rows']} rows of `{dataset['name']}`, as scikit-learn ships "
        "it; 60 % drawn with a fixed seed, in proportion to the classes. Nothing was left out.",
        "evaluation": _evaluation(trained),
        "fairness": _fairness(trained),
        "personal_data": "The published data names nobody and holds no address or date. It is used "
        "under the terms of its publication; no further personal data was added.",
        "dependencies": f"Python {trained.facts['python']} and scikit-learn "
        f"{trained.facts['framework_version']}; the exact versions are in `requirements.txt`.",
        "monitoring": "Each Monday the share of each class and the mean of each value are compared "
        "with the training data; the owner is told of a shift of more than two deviations, and "
        "rolls back if the accuracy on checked cases falls below 0.70.",
        "contacts": f"Owner: {purpose.owner}. Developer: {purpose.developer}. "
        "Validator: the risk team.",
    }
    return sections | other


def _evaluation(trained: Trained) -> str:
    lines = ["| Metric | Value | 95 % interval |", "|---|---|---|"]
    for metric in json.loads(trained.report)["metrics"]:
        bounds = metric.get("interval")
        interval = f"{bounds['low']:.3f} to {bounds['high']:.3f}" if bounds else "one run"
        lines.append(f"| {metric['name']} | {metric['value']:.3f} | {interval} |")
    return "Measured on the 40 % that training never saw.\n\n" + "\n".join(lines)


def _fairness(trained: Trained) -> str:
    comparison: dict[str, Any] = json.loads(trained.audit)["comparisons"][0]
    groups = ", ".join(
        f"{group['name']} {group['value']:.3f} (n = {group['sample_size']})"
        for group in comparison["groups"]
    )
    return (
        f"Accuracy by {comparison['attribute']}: {groups}. The gap that we allow is "
        f"{comparison['limit']}; above it the model is not used."
    )
