"""The slow plain twin of the event kernel: the same year written with objects and lists, on the same streams.

It shares the tables of a world and nothing else with the kernel: draws are hashed in Python's whole numbers, airframes,
crews and posts are objects, lines of calls are lists.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

from castor.simulate import World

WORD = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
NORMAL = NormalDist()
INF = math.inf
PURPOSES = ("call", "place", "batch", "haste", "approval", "scene", "transfer", "transfer scene", "job", "goal",
            "service", "inspection", "sky", "stay")  # fmt: skip


def mix(x: int) -> int:
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & WORD
    return x ^ (x >> 31)


@dataclass
class Draws:
    seed: int
    replication: int

    def key(self, purpose: str, luck: int | None = None, added: bool = False) -> int:
        key = mix((self.seed + GOLDEN) & WORD)
        key = mix((key + self.replication * GOLDEN) & WORD)
        key = mix((key + (PURPOSES.index(purpose) + 1) * GOLDEN) & WORD)
        if luck is None:
            return key
        return mix((key + luck) & WORD) if added else mix(key ^ luck)


def uniform(key: int, index: int) -> float:
    return ((mix((key + (index + 1) * GOLDEN) & WORD) >> 12) + 0.5) * 2.0**-52


def pick_alias(u: float, share: Any, other: Any, low: int, high: int) -> int:
    x = u * (high - low)
    k = low + int(x)
    return k if x - int(x) < share[k] else int(other[k])


@dataclass
class Call:
    at: float
    ready: float
    zone: int
    lying: int
    sitting: int
    level: int
    scene: float
    number: int = -1
    lying_left: int = field(init=False)
    sitting_left: int = field(init=False)

    def __post_init__(self) -> None:
        self.lying_left, self.sitting_left = self.lying, self.sitting

    @property
    def left(self) -> int:
        return self.lying_left + self.sitting_left


@dataclass
class Airframe:
    number: int
    kind: int
    base: int
    since: float
    until: float
    free: float = 0.0
    flown: float = 0.0
    task: Task | None = None
    downs: list[tuple[float, float]] = field(default_factory=list)

    def can_fly(self, t: float) -> bool:
        return self.free <= t and self.since <= t < self.until and not any(a <= t < b for a, b in self.downs)


@dataclass
class Crew:
    base: int
    free: float = -1e18
    began: float = -1e18
    flown: float = 0.0


@dataclass
class Task:
    way: int
    off: float
    back: float
    craft: list[Airframe]
    turned: bool = False
    row: int = -1


class Twin:
    """One replication; ``log`` is a row for each sending, as the kernel's."""

    def __init__(self, world: World, seed: int, replication: int) -> None:
        self.d, self.f, self.p, self.sky, self.w = world.tables
        self.draws = Draws(seed, replication)
        self.log: list[list[float]] = []
        self.sums: dict[str, float] = {}
        self.t = 0.0
        self.end = self.d.horizon + self.d.drain
        self.storms = self._storms()
        self.craft = [self._airframe(a) for a in range(self.f.kind.size)]
        self.crews = [Crew(b) for b, n in enumerate(self.f.crews) for _ in range(n)]
        self.post_free = [0.0] * self.p.pool.size
        self.beds: list[list[float]] = [[-1e18] * max(0, n) for n in self.p.beds]
        self.lines: list[list[Call]] = [[], [], []]
        self.waiting: list[tuple[float, int]] = []
        self.tasks: list[Task] = []

    def add(self, name: str, value: float) -> None:
        self.sums[name] = self.sums.get(name, 0.0) + value

    # what is drawn

    def _spread(self, key: int, index: int, middle: float, sigma: float) -> float:
        return middle if sigma == 0 else middle * math.exp(sigma * NORMAL.inv_cdf(uniform(key, index)))

    def _scene(self, key: int, index: int) -> float:
        if self.d.memoryless:
            return -math.log(uniform(key, index)) * self.d.scene
        return self._spread(key, index, self.d.scene, self.d.scene_sigma)

    def calls(self) -> list[Call]:
        d, key = self.d, {name: self.draws.key(name) for name in PURPOSES}
        found, target, n = [], 0.0, 0
        while True:
            target -= math.log(uniform(key["call"], n))
            piece = max(k for k in range(d.season.size) if k == 0 or d.expected[k] <= target)
            rate = d.rate * d.season[piece]
            at = d.knots[piece] + (target - d.expected[piece]) / rate if rate > 0 else INF
            if at >= d.horizon:
                break
            delay = self._spread(key["approval"], n, d.approval, d.approval_sigma)
            number = 1
            if d.tail > 0:
                number = int(min(d.most, math.floor(uniform(key["batch"], n) ** (-1.0 / d.tail))))
            lying = math.ceil(d.litter * number)
            urgent = d.urgent >= 1 or uniform(key["haste"], n) < d.urgent
            zone = pick_alias(uniform(key["place"], n), d.share, d.other, 0, d.share.size)
            scene = self._scene(key["scene"], n)
            found.append(Call(at, at + d.report + delay, zone, lying, number - lying, 0 if urgent else 1, scene))
            n += 1
        now, n = 0.0, 0
        while d.transfer_rate > 0:
            now -= math.log(uniform(key["transfer"], n)) / d.transfer_rate
            if now >= d.horizon:
                break
            found.append(Call(now, now, d.share.size, 1, 0, 2, self._scene(key["transfer scene"], n)))
            n += 1
        found.sort(key=lambda call: call.ready)
        for number, call in enumerate(found):
            call.number = number
        return found

    def jobs(self) -> list[tuple[float, int]]:
        w = self.w
        found = list(zip(w.planned.tolist(), w.planned_goal.tolist(), strict=True))
        for k in range(w.rate.size):
            luck, first, last = int(w.luck[k]), int(w.first[k]), int(w.first[k + 1])
            when, where = self.draws.key("job", luck, True), self.draws.key("goal", luck, True)
            now, n = w.since[first], 0
            while w.rate[k] > 0:
                now -= math.log(uniform(when, n)) / w.rate[k]
                if now >= min(self.d.horizon, w.until[first]):
                    break
                found.append((now, pick_alias(uniform(where, n), w.share, w.other, first, last)))
                n += 1
        return sorted(found, key=lambda job: job[0])

    def _airframe(self, a: int) -> Airframe:
        f = self.f
        one = Airframe(a, int(f.kind[a]), int(f.base[a]), f.since[a], f.until[a])
        if f.phase[a] < INF:
            one.flown = uniform(self.draws.key("inspection", int(f.luck[a])), 0) * f.phase[a]
        if f.up[a] < INF:
            key = self.draws.key("service", int(f.luck[a]))
            begin = -math.log(uniform(key, 1)) * f.up[a]
            if uniform(key, 0) * (f.up[a] + f.repair[a]) < f.repair[a]:
                begin = 0.0
            n = 1
            while begin <= self.end:
                finish = begin - math.log(uniform(key, 2 * n)) * f.repair[a]
                one.downs.append((begin, finish))
                begin = finish - math.log(uniform(key, 2 * n + 1)) * f.up[a]
                n += 1
        return one

    def _storms(self) -> list[bool]:
        """For each hour whether the weather grounds."""
        if not self.sky.begin.size:
            return []
        key, bad, found = self.draws.key("sky"), False, []
        for hour in range(int(self.end / 60) + 1):
            change = self.sky.end if bad else self.sky.begin[self.sky.month[hour // 24], hour % 24]
            if change > 0 and uniform(key, hour) < change:
                bad = not bad
            found.append(bad)
        return found

    # what is so at a moment

    def storm(self) -> bool:
        return bool(self.storms) and self.storms[int(self.t / 60)]

    def night(self, base: int) -> bool:
        rise, down = self.sky.rise, self.sky.set
        if not rise.size:
            return False
        day = int(self.t / 1440)
        near = [k for k in (day - 1, day, day + 1) if k >= 0]
        return not any(rise[base, k] <= self.t <= down[base, k] for k in near)

    def fit(self, crew: Crew) -> int:
        if crew.free > self.t:
            return 0
        if self.t - crew.free >= self.f.rest:
            return 1
        return 2 if self.t - crew.began < self.f.duty and crew.flown < self.f.flight else 0

    def manned(self, need: tuple[int, int, int, int] | None = None) -> list[int] | None:
        """The posts that are manned; None if a task's own need (base, lead, escort, escorts) cannot be met before."""
        have: dict[tuple[int, int], int] = {}
        for one in self.craft:
            if one.can_fly(self.t):
                have[one.base, one.kind] = have.get((one.base, one.kind), 0) + 1
        crews = {b: sum(c.base == b and self.fit(c) > 0 for c in self.crews) for b in range(self.f.crews.size)}

        def take(base: int, lead: int, escort: int, escorts: int) -> bool:
            wanted = [(base, lead), *[(base, escort)] * escorts]
            enough = all(have.get(what, 0) >= wanted.count(what) for what in wanted)
            if not enough or (self.f.crews[base] and crews[base] < 1):
                return False
            for what in wanted:
                have[what] -= 1
            crews[base] -= 1
            return True

        if need is not None and not take(*need):
            return None
        p = self.p
        return [
            post
            for post in range(p.pool.size)
            if self.post_free[post] <= self.t
            and p.since[p.pool[post]] <= self.t < p.until[p.pool[post]]
            and take(*self.need(int(p.pool[post])))
        ]

    def need(self, pool: int) -> tuple[int, int, int, int]:
        p = self.p
        return int(p.base[pool]), int(p.lead[pool]), int(p.escort[pool]), int(p.escorts[pool])

    # what is done

    def take(self, need: tuple[int, int, int, int], ready: float, air: float, task: Task | None) -> list[int]:
        base, lead, escort, escorts = need
        able = [one for one in self.craft if one.base == base and one.can_fly(self.t)]
        first = next(one for one in able if one.kind == lead)
        rest = [one for one in able if one.kind == escort and one is not first][:escorts]
        for one in [first, *rest]:
            one.free, one.task = ready, task
            one.flown += air
            if one.flown >= self.f.phase[one.number]:
                one.flown = 0.0
                one.free += self.f.phase_down[one.number]
                self.add("inspections", 1)
            if task is not None:
                task.craft.append(one)
        return [first.number, *(one.number for one in rest)]

    def crew(self, base: int, landed: float, air: float) -> None:
        fit = [(self.fit(c), -k, c) for k, c in enumerate(self.crews) if c.base == base and self.fit(c)]
        if not fit:
            return
        state, _, crew = max(fit, key=lambda item: item[:2])
        if state == 1:
            crew.began, crew.flown = self.t, 0.0
        crew.free = landed
        crew.flown += air

    def pick(self, call: Call, manned: list[int]) -> int | None:
        if len(manned) <= self.p.reserve[call.level]:
            return None
        order = [int(k) for k in self.p.order[call.zone] if k >= 0]
        able = [k for k in order if k in manned and not (not self.p.night[self.p.pool[k]]
                and self.night(int(self.p.base[self.p.pool[k]])))]  # fmt: skip
        adequate = [k for k in able if order.index(k) < self.p.within[call.zone]]
        if not adequate:
            return able[0] if able else None
        mask = sum(1 << k for k in manned)
        return max(adequate, key=lambda k: self.p.worth[mask & ~(1 << k)])

    def hospital(self, row: int, zone: int, depart: float, call: Call, number: int) -> int:
        near = [int(h) for h in self.p.hospital[row, zone] if h >= 0]
        for h in near:
            arrival = depart + call.scene + self.p.out[h, row, zone] + self.p.inn[h, row, zone]
            if self.p.beds[h] < 0 or sum(b <= arrival for b in self.beds[h]) >= number:
                return h
        self.add("no_room", 1)
        return near[0]

    def send(self, call: Call, depart: float, row: int, post: int | None, pool: int) -> float:
        p = self.p
        first = call.left == call.lying + call.sitting
        lying = min(call.lying_left, int(p.litters[pool]))
        sitting = min(call.sitting_left, int(p.seats[pool] + p.litters[pool]) - lying)
        call.lying_left -= lying
        call.sitting_left -= sitting
        number = lying + sitting
        h = self.hospital(row, call.zone, depart, call, number)
        there = depart + p.out[h, row, call.zone]
        surgery = there + call.scene + p.inn[h, row, call.zone]
        landed = surgery + p.handover[pool] + p.home[h, row]
        air, craft = p.air[h, row, call.zone], 1 + int(p.escorts[pool])
        free = [k for k, bed in enumerate(self.beds[h]) if bed <= surgery][:number]
        key = self.draws.key("stay")
        for left, bed in zip(range(number - 1, -1, -1), free, strict=False):
            self.beds[h][bed] = surgery - math.log(uniform(key, 1000 * call.number + call.left + left)) * p.stay
        if call.level == 2:
            self.add("transfers_done", 1)
            self.add("transfer_wait_sum", self.t - call.ready)
            self.add("transfer_min", air * craft)
        else:
            care, clock = there - call.at, surgery - call.at
            self.add("moved", number)
            self.add("care_sum", care * number)
            self.add("surgery_sum", clock * number)
            self.add("care_met", number * (care <= self.d.care))
            self.add("surgery_met", number * (clock <= self.d.surgery))
            self.add("evacuation_min", air * craft)
            if first:
                self.add("answered", 1)
                self.add("wait_sum", self.t - call.ready)
            else:
                self.add("second_trips", 1)
        self.log.append([1.0 if call.level == 2 else 0.0, row, call.zone, h, depart, there, there + call.scene, surgery,
                         surgery + p.handover[pool], landed, lying, sitting, call.number])  # fmt: skip
        if post is not None:
            ready = landed + p.turn[pool]
            self.add("busy_min", (ready - self.t) * craft)
            self.post_free[post] = ready
            self.log[-1] += self.take(self.need(pool), ready, air, None)
            self.crew(self.need(pool)[0], landed, air)
        return float(landed)

    def recall(self, call: Call) -> bool:
        w, posts = self.w, self.p.pool.size
        flying = [task for task in self.tasks if task.back > self.t]
        if sum(task.turned for task in flying) >= len(self.lines[0]) + len(self.lines[1]):
            return False
        choices = []
        for k, task in enumerate(flying):
            d = task.way
            if task.turned or w.pool[d] < 0:
                continue
            there = task.off + w.out[d]
            leaves = there + w.ground[d]
            home = task.back
            if self.t < there:
                home = self.t + (self.t - task.off)
            elif self.t < leaves:
                home = self.t + w.back[d]
            onward = w.on_call == 2 and bool(w.onward[d]) and self.t < leaves
            onward = onward and self.p.hospital[posts + d, call.zone, 0] >= 0
            if onward or home < task.back:
                choices.append((max(self.t, there if onward else home), k, onward))
        if not choices:
            return False
        landed, k, onward = min(choices, key=lambda choice: choice[0])
        self.turn(flying[k], call, landed, onward)
        return onward

    def turn(self, task: Task, call: Call, landed: float, onward: bool) -> None:
        w, d = self.w, task.way
        there, craft, saved, flown = task.off + w.out[d], 1 + int(w.escorts[d]), 0.0, 0.0
        task.turned = True
        self.add("turned_back", 1)
        if self.t < there and not onward and not w.training[d]:
            self.add("passengers", -w.pax[d])
            self.add("tonnes", -w.tonnes[d])
        if onward:
            row = self.p.pool.size + d
            depart = max(self.t, there + w.ground[d]) + w.turn[d]
            landed = self.send(call, depart, row, None, int(w.pool[d]))
            self.log[-1] += self.log[task.row][13:]
            saved, flown = w.air_back[d], self.p.air[self.p.hospital[row, call.zone, 0], row, call.zone]
        elif self.t < there:
            saved = w.air_out[d] + w.air_back[d] - 2 * min(self.t - task.off, w.air_out[d])
        shift = landed - task.back
        self.add("training_min" if w.training[d] else "transport_min", -saved * craft)
        self.add("busy_min", shift * craft)
        for one in task.craft:
            if one.task is task:
                one.free += shift
                one.flown = max(0.0, one.flown + flown - saved)
        for crew in self.crews:
            if crew.base == w.base[d] and crew.free == task.back:
                crew.free += shift
                crew.flown += flown - saved
        task.back = landed
        self.log[task.row][9], self.log[task.row][12] = landed, 2.0 if onward else 1.0

    def serve(self) -> None:
        for level, line in enumerate(self.lines):
            at = 0
            while at < len(line):
                manned = self.manned() or []
                call = line[at]
                post = self.pick(call, manned) if manned else None
                if post is not None:
                    pool = int(self.p.pool[post])
                    dark = self.night(int(self.p.base[pool]))
                    notice = self.p.notice_night[pool] if dark else self.p.notice_day[pool]
                    self.send(call, self.t + notice, post, post, pool)
                elif manned or level == 2 or self.w.on_call == 0 or not self.recall(call):
                    if not manned and (level == 2 or self.w.on_call == 0):
                        return
                    at += 1
                    continue
                if call.left == 0:
                    line.pop(at)

    def begin(self, d: int) -> bool:
        w = self.w
        base = int(w.base[d])
        if not w.since[d] <= self.t < w.until[d] or (w.day and self.night(base)):
            return False
        need = (base, int(w.lead[d]), int(w.escort[d]), int(w.escorts[d]))
        manned = self.manned(need)
        if manned is None or len(manned) < w.standby:
            return False
        there = self.t + w.out[d]
        landed = there + w.ground[d] + w.back[d]
        air, craft = w.air_out[d] + w.air_back[d], 1 + int(w.escorts[d])
        task = Task(d, self.t, landed, [], row=len(self.log))
        self.tasks.append(task)
        if w.training[d]:
            self.add("training_min", air * craft)
        else:
            for name, value in (("missions", 1), ("passengers", w.pax[d]), ("tonnes", w.tonnes[d])):
                self.add(name, value)
            self.add("transport_min", air * craft)
        self.add("busy_min", (landed + w.turn[d] - self.t) * craft)
        row = [
            3.0 if w.training[d] else 2.0,
            -1,
            d,
            -1,
            self.t,
            there,
            there + w.ground[d],
            -1,
            -1,
            landed,
            -1,
            -1,
            0.0,
        ]
        self.log.append(row)
        row += self.take(need, landed + w.turn[d], air, task)
        self.crew(base, landed, air)
        return True

    def work(self) -> None:
        kept = []
        for asked, d in self.waiting:
            if self.t - asked > self.w.wait:
                self.add("dropped", not self.w.training[d])
            elif self.storm() or any(self.lines) or not self.begin(d):
                kept.append((asked, d))
        self.waiting = kept

    def changes(self) -> float:
        """The next moment at which something may let what waits go."""
        soon = [one.free for one in self.craft] + [one.since for one in self.craft] + self.post_free
        for one in self.craft:
            if one.free <= self.t:
                soon += [b for a, b in one.downs if a <= self.t < b]
        soon += list(self.p.since)
        soon += [m for c in self.crews for m in ((c.free,) if c.free > self.t else (c.free + self.f.rest,))]
        if self.storm():
            soon.append((int(self.t / 60) + 1) * 60.0)
        day = int(self.t / 1440)
        for edge in (self.sky.rise, self.sky.set):
            soon += [edge[b, k] for b in range(edge.shape[0]) for k in (day, day + 1)]
        return float(min((m for m in soon if m > self.t), default=INF))

    def run(self) -> Twin:
        calls, jobs, wake = self.calls(), self.jobs(), INF
        while True:
            call_at, job_at = calls[0].ready if calls else INF, jobs[0][0] if jobs else INF
            self.t = min(call_at, job_at, wake)
            if self.t > self.end or self.t == INF:
                break
            call = None
            if job_at < min(call_at, wake):
                self.waiting.append(jobs.pop(0))
            elif call_at <= wake:
                call = calls.pop(0)
                self.arrive(call)
            if not self.storm():
                self.serve()
            if call is not None and not self.d.waits and call in self.lines[call.level]:
                self.lines[call.level].remove(call)
                self.add("lost", 1)
                self.add("unserved", call.left)
            self.work()
            wake = self.changes() if self.waiting or any(self.lines) else INF
        for call in [c for c in calls if c.level < 2]:
            self.add("calls", 1)
            self.add("patients", call.left)
            self.add("unserved", call.left)
        for call in self.lines[0] + self.lines[1]:
            self.add("unserved", call.left)
        for _, d in self.waiting + jobs:
            self.add("dropped", not self.w.training[d])
        return self

    def arrive(self, call: Call) -> None:
        self.lines[call.level].append(call)
        if call.level == 2:
            self.add("transfers", 1)
            return
        self.add("calls", 1)
        self.add("patients", call.left)
        self.add("grounded", self.storm())
        self.add("none_free", not self.manned())
