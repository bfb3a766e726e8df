import numpy as np

from khobor_training import split


def test_folds_keep_events_whole_and_balance_labels():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 300)
    y = (rng.random((300, 3)) < [0.5, 0.2, 0.1]).astype(int)
    pairs = split.folds(y, groups, 5, seed=1)
    assert sorted(np.concatenate([test for _, test in pairs])) == list(range(300))
    for train, test in pairs:
        assert not set(groups[train]) & set(groups[test])
        assert np.abs(y[test].mean(axis=0) - y.mean(axis=0)).max() < 0.1


def test_a_split_by_time_holds_the_latest_out():
    times = np.array([f"2020-01-{d:02}" for d in range(1, 21)])
    events = np.array(["a"] * 2 + [str(i) for i in range(17)] + ["a"])
    train, test = split.holdout(np.ones((20, 2), int), events, times, by_time=True, share=0.2, seed=0)
    assert 19 in train
    assert min(times[test]) > max(times[train[:-1]])
