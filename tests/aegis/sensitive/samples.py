"""Secrets that open nothing, of every kind that is looked for, put together at run time.

Whole, they would be found by whoever searches this repository for secrets.
"""

from typing import Final

_HEAD: Final = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
_CLAIMS: Final = "eyJzdWIiOiIxMjM0NTY3ODkwIn0"
_JWT: Final = f"{_HEAD}.{_CLAIMS}.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

SECRETS: Final = {
    "AWS Access Key": "AKIA" + "IOSFODNN7ABCDEFG",
    "Aegis token": "aegis_" + "aB3_x" * 8 + "aB3",
    "Anthropic key": "sk-ant-" + "api03-" + "aB3" * 12,
    "Azure Storage Account access key": "AccountKey=" + "a" * 86 + "==",
    "Basic Auth Credentials": "postgres://aegis:" + "s3cr3tpw@db/registry",
    "Databricks token": "dapi" + "0123456789abcdef" * 2,
    "Discord Bot Token": "M" + "a" * 23 + "." + "b" * 6 + "." + "c" * 27,
    "GitHub Token": "ghp_" + "aB3x" * 9,
    "GitHub token": "github_pat_" + "11ABCDEFG0" * 3,
    "GitLab Token": "glpat-" + "aB3x" * 5,
    "Google API key": "AIza" + "aB3x_" * 7,
    "Google OAuth secret": "GOCSPX-" + "aB3x" * 7,
    "Hugging Face token": "hf_" + "aBcDe" * 6 + "aBcD",
    "JSON Web Token": _JWT,
    "Mailchimp Access Key": "0123456789abcdef" * 2 + "-us1",
    "NPM tokens": "//packages.acme.io/:_authToken=" + "0a1b2c3d-" * 4 + "0a1b",
    "OpenAI key": "sk-proj-" + "aB3" * 12,
    "Private Key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "PyPI Token": "pypi-" + "AgEIcHlwaS5vcmc" + "aB3x" * 20,
    "SendGrid API Key": "SG." + "a" * 22 + "." + "b" * 43,
    "Slack Token": "xoxb-" + "123456789012-abcdefghij",
    "Square OAuth Secret": "sq0csp-" + "a" * 43,
    "Stripe Access Key": "sk_live_" + "aB3" * 8,
    "Telegram Bot Token": "110201543:" + "A" * 35,
    "Twilio API Key": "SK" + "0123456789abcdef" * 2,
    "Vault token": "hvs." + "aB3" * 9,
    "npm token": "npm_" + "aB3x" * 9,
    "password or key": "db_password = " + "hunter2x9",
    "presigned address": "https://b/k?a=1&X-Amz-Signature=" + "0123456789abcdef" * 4,
}
"""By the kind that is reported."""

HARMLESS: Final = (
    'password="your-password"',
    'eos_token: "</s>"',
    "secret: no",
    "sha256: " + "0123456789abcdef" * 4,
    "Set HF_TOKEN and the key before you begin.",
    "postgres://user:password@localhost/name",
    'password = os.environ["DATABASE_PASSWORD"]',
    "The secret of the model: deep layers, keyed by customer.",
    "api_key: ${API_KEY}",
    '{"pad_token_id": 50256, "key_size": 12345678}',
    "primary_key: customer_id",
    "private_key: none",
    "tokenizer: BertTokenizerFast",
    "max_password_length: 16",
    "code: churn@" + "0123456789abcdef" * 2 + "01234567",
    "trained on hf_hub datasets with sk-learn 1.7.2",
    "See https://example.com/a?sig=short and s3://bucket/key.",
)
