"""Shows ways between people, and introductions to those who play a part in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, load_profiles
from app.introductions.queries import Counts, Record, Through, Told
from app.introductions.rules import COLD_ACCEPTANCE, Role, Step, Way, is_low
from app.introductions.schemas import (
    CountsOut,
    FunnelOut,
    IntroducerOut,
    IntroductionOut,
    PathOut,
    PathStepOut,
    RecordOut,
    ThroughOut,
)
from app.kit.site import Site
from app.reading.present_account import present_account
from app.reading.schemas import AccountOut


async def present_ways(session: AsyncSession, ways: Collection[Way], *, site: Site) -> list[PathOut]:
    """Ways with the people on them. One statement; a way with somebody who is gone meanwhile is left out."""
    profiles = await load_profiles(session, ids={id for way in ways for id in way.people})
    return [_way(way, profiles, site) for way in ways if profiles.keys() >= set(way.people)]


def _way(way: Way, profiles: dict[int, Profile], site: Site) -> PathOut:
    return PathOut(
        to=present_account(profiles[way.people[-1]], site=site),
        hops=len(way.steps),
        strength=round(way.strength, 3),
        steps=[_step(step, profiles[step.to_id], site) for step in way.steps],
    )


def _step(step: Step, profile: Profile, site: Site) -> PathStepOut:
    return PathStepOut(
        account=present_account(profile, site=site),
        relation=step.relation,
        interactions=step.interactions,
        strength=round(step.strength, 3),
        why=[step.relation, "interactions"] if step.interactions else [step.relation],
    )


_ROLES: Mapping[Role, Literal["from", "via", "to"]] = {"asker": "from", "introducer": "via", "target": "to"}


async def present_introductions(session: AsyncSession, told: Sequence[Told], *, site: Site) -> list[IntroductionOut]:
    """Introductions as each one's viewer may see them. One statement."""
    profiles = await load_profiles(session, ids={id for one in told for id in one.chain})
    shown = {id: present_account(profile, site=site) for id, profile in profiles.items()}
    return [_introduction(one, shown) for one in told]


def _introduction(told: Told, shown: Mapping[int, AccountOut]) -> IntroductionOut:
    row = told.row
    return IntroductionOut(
        id=row.id,
        role=_ROLES[told.role],
        state=row.state,
        from_account=shown.get(row.from_id),
        to_account=shown.get(row.to_id),
        via=[
            IntroducerOut(
                account=shown.get(step.account_id),
                asked_at=step.asked_at,
                forwarded_at=step.forwarded_at,
                note=step.note if step.forwarded_at and told.reads_note(step.place) else None,
            )
            for step in told.steps
        ],
        purpose=row.purpose,
        job_id=row.job_id,
        organization_id=row.organization_id,
        waiting_for_id=told.holder_id,
        reason=None if told.role == "asker" or row.state != "declined" else row.reason,
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )


async def present_funnel(
    session: AsyncSession, counts: Counts, through: Sequence[Through], record: Record, *, site: Site
) -> FunnelOut:
    """What became of somebody's introductions. One statement."""
    profiles = await load_profiles(session, ids={one.account_id for one in through})
    low = is_low(accepted=counts.accepted, ended=counts.ended)
    fields = asdict(record)
    median = fields.pop("median_seconds")
    return FunnelOut(
        asked=CountsOut(**asdict(counts)),
        by_introducer=[
            ThroughOut(
                account=present_account(profiles[one.account_id], site=site),
                requested=one.requested,
                forwarded=one.forwarded,
                accepted=one.accepted,
            )
            for one in through
            if one.account_id in profiles
        ],
        introduced=RecordOut(**fields, median_seconds=None if median is None else round(median)),
        acceptance=round(counts.accepted / counts.ended, 3) if counts.ended else None,
        cold_acceptance=COLD_ACCEPTANCE,
        warning="low_acceptance" if low else None,
    )
