"""Whoever shares a ceiling: it is used up, never passed, and nobody gains but from who has more (planning.md §5)."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from netquota.domain.share_round import Ceiling, Member, Part, Side, down, plan, start, up
from netquota.domain.sharing import Claim, Limit, share, share_within
from netquota.domain.units import Rate

RATES = st.integers(0, 10**4) | st.integers(0, 10**9)
CEILINGS = st.integers(0, 10**10) | st.integers(0, 10**4)


@st.composite
def claims(draw: st.DrawFn, most: int = 9) -> list[Claim]:
    rows = draw(st.lists(st.tuples(st.integers(1, 7), RATES, RATES, RATES), max_size=most))
    return [Claim(key, *row) for key, row in enumerate(rows, start=1)]


@given(CEILINGS, claims())
def test_the_ceiling_is_used_up_or_every_cap_is(ceiling: int, sharers: list[Claim]) -> None:
    given_rates = share(ceiling, sharers)
    assert sum(given_rates.values()) == min(ceiling, sum(one.cap for one in sharers))
    assert all(0 <= given_rates[one.id] <= one.cap for one in sharers)


@given(CEILINGS, claims())
def test_floors_hold_while_they_fit(ceiling: int, sharers: list[Claim]) -> None:
    given_rates = share(ceiling, sharers)
    floors = {one.id: min(one.floor, one.cap) for one in sharers}
    if sum(floors.values()) <= ceiling:
        assert all(given_rates[key] >= floor for key, floor in floors.items())
    else:
        assert all(given_rates[key] <= floor for key, floor in floors.items())


@given(CEILINGS, claims(), st.randoms(use_true_random=False))
def test_the_order_of_claims_does_not_matter(ceiling: int, sharers: list[Claim], random: object) -> None:
    shuffled = list(sharers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert share(ceiling, shuffled) == share(ceiling, sharers)


@given(CEILINGS, claims())
def test_nobody_who_wants_more_has_less_than_another_beyond_floors(ceiling: int, sharers: list[Claim]) -> None:
    """Max-min: to raise one whose demand is not met, somebody of less or equal share would have to lose."""
    given_rates = share(ceiling, sharers)
    floors = {one.id: min(one.floor, one.cap) for one in sharers}
    if sum(floors.values()) > ceiling:
        return
    short = [one for one in sharers if given_rates[one.id] < min(one.cap, max(one.demand, floors[one.id]))]
    for poor in short:
        for rich in sharers:
            above_floor = given_rates[rich.id] > floors[rich.id]
            if rich.id != poor.id and above_floor:
                mine, theirs = (Fraction(given_rates[one.id], one.weight) for one in (poor, rich))
                assert theirs <= mine + Fraction(1, poor.weight) + Fraction(1, rich.weight)  # rounded to whole bit/s


@given(CEILINGS, claims(), st.integers(0, 10**9), st.integers(0, 10**9))
def test_parts_keep_their_own_ceilings_and_the_whole_its(
    ceiling: int, sharers: list[Claim], inner: int, outer: int
) -> None:
    few, more = (frozenset(one.id for one in sharers if one.id <= last) for last in (3, 6))
    given_rates = share_within(ceiling, sharers, [Limit(inner, few), Limit(outer, more)])
    assert sum(given_rates.values()) <= min(ceiling, sum(one.cap for one in sharers))
    assert sum(given_rates[key] for key in few) <= inner
    assert sum(given_rates[key] for key in more) <= outer
    assert set(given_rates) == {one.id for one in sharers}


# -- the safe order: a gateway's side is simulated here, message by message -------------------------------------------


class City:
    """Sessions of one ceiling, each with orders on the way that may be taken, refused or lost in any order."""

    def __init__(self, rate: Rate, parts: tuple[Part, ...] = ()) -> None:
        self.rate, self.parts = rate, parts
        self.most = rate  # what the sum may be now
        self.applied: dict[int, Rate] = {}  # acknowledged
        self.asked: dict[int, Rate] = {}  # the newest order, where one is on the way
        self.held: dict[int, Rate] = {}  # as the books see it: the most that the gateway may have
        self.real: dict[int, Rate] = {}  # what the gateway does have
        self.caps: dict[int, Rate] = {}
        self.fixed: set[int] = set()
        self.wants: dict[int, Rate] = {}

    def ceiling(self) -> Ceiling:
        return Ceiling(self.rate, 256_000, self.parts)

    def members(self) -> list[Member]:
        return [
            Member(
                key,
                self.caps[key],
                self.asked.get(key, applied),
                self.held[key],
                self.wants[key].capped_by(self.caps[key]),
                moves=key not in self.fixed,
            )
            for key, applied in self.applied.items()
        ]

    def come(self, key: int, cap: Rate) -> None:
        rate = start(self.ceiling(), self.members(), cap)
        if rate is not None:
            self.applied[key] = self.held[key] = self.real[key] = rate
            self.caps[key] = self.wants[key] = cap

    def go(self, key: int) -> None:
        for table in (self.applied, self.asked, self.held, self.real, self.caps, self.wants):
            table.pop(key, None)
        self.fixed.discard(key)

    def turn(self) -> None:
        for key, rate in plan(self.ceiling(), self.members()).orders:
            assert rate.down_bps > 0
            assert rate.up_bps > 0
            self.asked[key] = rate
            self.held[key] = self.held[key].at_least(rate)

    def answered(self, key: int, *, arrived: bool, heard: bool) -> None:
        rate = self.asked.pop(key)
        if arrived:
            self.real[key] = rate
        if arrived and heard:
            self.applied[key] = self.held[key] = rate

    def sums(self, table: dict[int, Rate], side: Side) -> int:
        return sum(side(rate) for rate in table.values())


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.integers(1, 8), st.integers(10**5, 4 * 10**7)),
        st.tuples(st.just("go"), st.integers(1, 8), st.just(0)),
        st.tuples(st.just("want"), st.integers(1, 8), st.integers(0, 4 * 10**7)),
        st.tuples(st.just("ack"), st.integers(1, 8), st.just(0)),
        st.tuples(st.just("lost"), st.integers(1, 8), st.integers(0, 1)),
        st.tuples(st.just("deaf"), st.integers(1, 8), st.just(0)),
        st.tuples(st.just("ceiling"), st.just(0), st.integers(10**6, 5 * 10**7)),
        st.tuples(st.just("turn"), st.just(0), st.just(0)),
    ),
    max_size=60,
)


def apply(city: City, what: str, key: int, number: int) -> None:
    if what == "come" and key not in city.applied:
        city.come(key, Rate(number, number // 2))
    elif what == "go":
        city.go(key)
    elif what == "want" and key in city.wants:
        city.wants[key] = Rate(number, number)
    elif what in {"ack", "lost"} and key in city.asked:
        city.answered(key, arrived=what == "ack" or number == 1, heard=what == "ack")
    elif what == "deaf" and key in city.applied:
        city.fixed.add(key)
    elif what == "ceiling":
        city.rate = Rate(number, number)
    elif what == "turn":
        city.turn()


@given(STEPS)
@settings(max_examples=200)
def test_the_sum_of_what_gateways_may_hold_never_passes_the_ceiling(steps: list[tuple[str, int, int]]) -> None:
    city = City(Rate(3 * 10**7, 3 * 10**7))
    for what, key, number in [*steps, ("turn", 0, 0)]:
        before = {side: max(side(city.rate), city.sums(city.held, side)) for side in (down, up)}
        apply(city, what, key, number)
        for side in (down, up):
            held = city.sums(city.held, side)
            assert held <= max(side(city.rate), before[side])  # after a lowering: never above what it was
            assert city.sums(city.real, side) <= held


@given(STEPS, st.integers(4 * 10**6, 4 * 10**7))
@settings(max_examples=200)
def test_once_every_order_is_acknowledged_a_lowered_ceiling_holds(
    steps: list[tuple[str, int, int]], lowered: int
) -> None:
    city = City(Rate(5 * 10**7, 5 * 10**7))
    for what, key, number in steps:
        if what != "deaf":
            apply(city, what, key, number)
    city.rate = Rate(lowered, lowered)
    for _ in range(4):
        city.turn()
        for key in list(city.asked):
            city.answered(key, arrived=True, heard=True)
    assert city.sums(city.real, down) <= lowered
    assert city.sums(city.real, up) <= lowered


@given(STEPS)
@settings(max_examples=100)
def test_a_round_after_a_quiet_round_orders_nothing(steps: list[tuple[str, int, int]]) -> None:
    city = City(Rate(3 * 10**7, 3 * 10**7))
    for step in steps:
        apply(city, *step)
    for _ in range(6):
        city.turn()
        for key in list(city.asked):
            city.answered(key, arrived=True, heard=True)
    assert plan(city.ceiling(), city.members()).orders == ()


@given(st.integers(10**6, 10**8), st.integers(1, 40))
def test_newcomers_one_after_another_find_room_and_keep_the_sum(rate: int, count: int) -> None:
    city = City(Rate(rate, rate))
    for key in range(1, count + 1):
        city.come(key, Rate(rate, rate))
        city.turn()
        for one in list(city.asked):
            city.answered(one, arrived=True, heard=True)
        city.turn()
        for one in list(city.asked):
            city.answered(one, arrived=True, heard=True)
        assert city.sums(city.held, down) <= rate
    room = rate // 256_000
    assert len(city.applied) >= min(count, room // 2)
