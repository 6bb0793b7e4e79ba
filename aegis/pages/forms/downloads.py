"""From where on the ledger of downloads is read."""

from django import forms


class DownloadsForm(forms.Form):
    """The download below which the page begins."""

    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)
