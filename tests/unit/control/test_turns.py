"""Whose letters are carried next."""

from __future__ import annotations

from mlestate.control.turns import AT_ONE, CARRIERS, Queue, Turns

HUB, ELSEWHERE = Queue("r", "hub"), Queue("s", "hub")


def test_one_that_takes_its_letters_at_once_is_given_several():
    turns = Turns()
    assert turns.room("hub") == 1
    turns.begin(HUB, 1)
    assert turns.room("hub") == 0
    assert (turns.under_way(HUB), turns.under_way(ELSEWHERE)) == ([1], [])
    turns.end(HUB, 1, prompt=True)
    turns.begin(HUB, 2)
    turns.begin(ELSEWHERE, 2)
    assert turns.room("hub") == AT_ONE - 2
    turns.end(HUB, 2, prompt=None)
    assert turns.room("hub") == AT_ONE - 1
    turns.end(ELSEWHERE, 2, prompt=False)
    assert turns.room("hub") == 1


def test_however_many_hang_there_are_carriers_for_those_that_do_not():
    turns = Turns()
    turns.begin(HUB, 1)
    turns.end(HUB, 1, prompt=True)
    hanging = [f"hangs-{number}" for number in range(CARRIERS)]
    begun = 0
    for seq, name in enumerate(hanging):
        if turns.room(name):
            turns.begin(Queue("r", name), seq)
            begun += 1
    assert 0 < begun <= CARRIERS - AT_ONE
    assert turns.room("hub") == AT_ONE


def test_who_waited_longest_is_next():
    turns = Turns()
    queues = [Queue("r", name) for name in "abc"]
    for seq, queue in enumerate((queues[1], queues[0])):
        turns.begin(queue, seq)
    assert [queue.webhook for queue in turns.order(queues)] == ["c", "b", "a"]
