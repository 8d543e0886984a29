"""Our VAPID key: who we are to push services, and what seals access tokens at rest."""

import base64
import os
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from webpush import WebPush, WebPushSubscription
from webpush.vapid import VAPID

from app.push.models import PushKey
from app.push.schemas import decoded

_NAME = "vapid"
_TOKEN_LASTS = timedelta(hours=12)
_NONCE_BYTES = 12


class _Vapid(VAPID):  # type: ignore[misc]
    """The library's, but with the whole origin as audience (it leaves out the port), and any subject."""

    def get_authorization_header(self, endpoint: Any, subscriber: str, expiration: int) -> str:
        claims = {
            "aud": origin(str(endpoint)),
            "exp": int(time.time()) + expiration,
            "sub": subscriber,
        }
        token = jwt.encode(claims, self.private_key, algorithm="ES256")
        return f"vapid t={token}, k={self.get_application_server_key(self.public_key)}"


class ServerKey:
    """A VAPID key pair. `public` is what apps get; `apart` says that the private half is not in the database."""

    def __init__(self, private: str, *, apart: bool, subject: str) -> None:
        """`private` is the secret number, 32 bytes in base64url; raises ValueError for anything else."""
        raw = decoded(private)
        if len(raw) != 32:
            raise ValueError("must be 32 bytes in base64url")
        key = ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1())
        self.public: str = VAPID.get_application_server_key(key.public_key())
        self.apart = apart
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public_pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self._push = WebPush(pem, public_pem, subject, expiration=int(_TOKEN_LASTS.total_seconds()))
        self._push.vapid = _Vapid(pem, public_pem)
        self._seal = AESGCM(HKDF(hashes.SHA256(), 32, None, b"weizhi push token").derive(raw))

    def message(self, payload: bytes, *, endpoint: str, p256dh: str, auth: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of a push: encrypted to the subscriber (RFC 8291), signed by us (RFC 8292)."""
        keys = {"p256dh": _unpadded(decoded(p256dh)), "auth": _unpadded(decoded(auth))}
        sealed = self._push.get(payload, WebPushSubscription.model_validate({"endpoint": endpoint, "keys": keys}))
        return dict(sealed.headers), sealed.encrypted

    def seal(self, token: str, *, subscription: str) -> bytes | None:
        """An access token, readable by this key alone; None when the key lies beside it."""
        if not self.apart:
            return None
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, token.encode(), subscription.encode())

    def unseal(self, sealed: bytes | None, *, subscription: str) -> str:
        """What `seal` hid; empty when there is none, or another key sealed it."""
        if sealed is None or not self.apart:
            return ""
        try:
            return self._seal.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], subscription.encode()).decode()
        except InvalidTag:
            return ""


class ServerKeys:
    """The key the setting holds, or else one that is made once and kept in PostgreSQL for all processes."""

    def __init__(self, private: str | None, *, subject: str) -> None:
        """`subject` is where a push service finds us: a mailto: or https: address. Raises ValueError."""
        self._subject = subject
        self._key = ServerKey(private, apart=True, subject=subject) if private else None

    async def get(self, session: AsyncSession) -> ServerKey:
        """The key. At most two statements, once in a process."""
        if self._key is None:
            self._key = ServerKey(await _kept(session), apart=False, subject=self._subject)
        return self._key

    async def public_key(self, session: AsyncSession) -> str:
        """The public half, as apps need it to subscribe."""
        return (await self.get(session)).public


def origin(endpoint: str) -> str:
    """The scheme, host and port of an address, as RFC 8292 wants it."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


async def _kept(session: AsyncSession) -> str:
    kept = select(PushKey.private_key).where(PushKey.name == _NAME)
    if found := await session.scalar(kept):
        return found
    private = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    made = {"name": _NAME, "private_key": _unpadded(private.to_bytes(32))}
    # Another process may make one at the same moment: the first counts.
    await session.execute(insert(PushKey).values(made).on_conflict_do_nothing())
    return (await session.scalars(kept)).one()


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
