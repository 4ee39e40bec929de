"""The evacuation clock, compiled: every route out over the last place with fuel, every way in, for each place and
point.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit, prange

SLACK = 1e-9


@njit(cache=True, nogil=True)
def _ways_in(straight, fuel, spare, home, where, stops, numbers, need, took, to, number):  # type: ignore[no-untyped-def]
    """Fill in the ways from a point to surgery, quickest first: km needed, minutes, facility, stops; return how
    many.
    """
    reach, per_km, leg_min, refuel_min = numbers[0], numbers[1], numbers[2], numbers[3]
    count = 0
    for o in range(straight.size + fuel.size):
        if o < straight.size:
            km = straight[o]
            far, minutes, facility, halts = km + spare[o], km * per_km + (leg_min if km > 0 else 0.0), o, 0
        else:
            g = o - straight.size
            km = fuel[g]
            far, minutes = km, km * per_km + (leg_min if km > 0 else 0.0) + refuel_min + home[g]
            facility, halts = where[g], 1 + stops[g]
        if far > reach or minutes == np.inf:
            continue
        at = count
        while at > 0 and took[at - 1] > minutes:
            need[at], took[at], to[at], number[at] = need[at - 1], took[at - 1], to[at - 1], number[at - 1]
            at -= 1
        need[at], took[at], to[at], number[at] = far, minutes, facility, halts
        count += 1
    return count


@njit(cache=True, nogil=True)
def _first(need, count, left):  # type: ignore[no-untyped-def]
    """Number of the quickest way in that the km left allow, or -1."""
    for o in range(count):
        if need[o] <= left:
            return o
    return -1


@njit(cache=True, nogil=True, parallel=True)
def clocks(base_km: Any, fuel_km: Any, hospital_km: Any, lead: Any, net: Any, numbers: Any) -> Any:
    """The clock of every place (P) and point (C): minutes (2, P, C) to care and surgery, and (3, P, C) of whole
    numbers.

    ``base_km`` (P, C), ``fuel_km`` (G, C), ``hospital_km`` (H, C): great circle. ``lead``: minutes (P, G) from each
    place to each fuel place, tanks full there, and the stops made (P, G). ``net``: spare km at each facility (H,); from
    each fuel place the minutes home, the facility and the stops (G,). ``numbers``: reach in km, minutes a km, fixed
    minutes a leg, of a refuelling, from wounding to take-off, at the scene, the two targets. The whole numbers are
    facility, stops, and stops out.
    """
    lead_min, lead_stops = lead
    spare, home, where, home_stops = net
    size, points, fuels = base_km.shape[0], base_km.shape[1], fuel_km.shape[0]
    reach, per_km, leg_min = numbers[0], numbers[1], numbers[2]
    start, scene, care_target, surgery_target = numbers[4], numbers[5], numbers[6] + SLACK, numbers[7] + SLACK
    minutes = np.full((2, size, points), np.inf)
    whole = np.zeros((3, size, points), np.int64)
    for c in prange(points):
        options = hospital_km.shape[0] + fuels
        need, took = np.empty(options), np.empty(options)
        to, number = np.empty(options, np.int64), np.empty(options, np.int64)
        count = _ways_in(
            hospital_km[:, c], fuel_km[:, c], spare, home, where, home_stops, numbers, need, took, to, number
        )
        last, inward, useful = np.empty(fuels, np.int64), np.empty(fuels, np.int64), 0
        for g in range(fuels):
            way = _first(need, count, reach - fuel_km[g, c]) if fuel_km[g, c] <= reach else -1
            if way >= 0:
                last[useful], inward[useful] = g, way
                useful += 1
        for p in range(size):
            care, surgery, met = np.inf, np.inf, False
            facility, stops, stops_out = -1, 0, 0
            straight = _first(need, count, reach - base_km[p, c]) if base_km[p, c] <= reach else -1
            # straight out and the quickest way of all in: no stop on the way out can better either
            ways = 0 if straight == 0 else useful
            for k in range(-1, ways):
                if k < 0:
                    before, km, way = 0.0, base_km[p, c], straight
                else:
                    before, km, way = lead_min[p, last[k]], fuel_km[last[k], c], inward[k]
                if way < 0 or before == np.inf:
                    continue
                there = start + before + km * per_km + (leg_min if km > 0 else 0.0)
                done = there + scene + took[way]
                good = there <= care_target and done <= surgery_target
                sooner = done < surgery - SLACK or (done <= surgery + SLACK and there < care - SLACK)
                if (good and not met) or (good == met and sooner):
                    care, surgery, met, facility = there, done, good, to[way]
                    stops_out = 0 if k < 0 else 1 + lead_stops[p, last[k]]
                    stops = stops_out + number[way]
            minutes[0, p, c], minutes[1, p, c] = care, surgery
            whole[0, p, c], whole[1, p, c], whole[2, p, c] = facility, stops, stops_out
    return minutes, whole
