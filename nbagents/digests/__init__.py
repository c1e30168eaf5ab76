"""What makes two values the same, told by a digest of their content.

`values` digests what agents return, `code` what agents are. Nothing here knows of
tasks or runs; results are hashed and never stored.
"""

from nbagents.digests.code import Fingerprint, fingerprint
from nbagents.digests.hashing import NoDigestError, combined
from nbagents.digests.values import content, digest

__all__ = [
    "Fingerprint",
    "NoDigestError",
    "combined",
    "content",
    "digest",
    "fingerprint",
]
