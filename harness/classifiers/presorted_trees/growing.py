"""XGBoost's trees, grown by scanning sorted columns; compiled.

XGBoost adds up every bin of every feature in every node. Of a few hundred rows most bins of a node are empty, so it is
cheaper to keep the rows of every feature in the order of its bins, divided by node, and look only between neighbours.
What decides a tree is XGBoost's own: its cuts, gains rounded to float32, of equal splits the first.
"""

import numpy as np

from fuseboard.harness.classifiers.presorted_trees.compiled import compiled
from fuseboard.harness.classifiers.presorted_trees.loss import adds_up_exactly, derive, sigmoid, softmax

f32 = np.float32
LEAST_GAIN = f32(1e-6)
LAMBDA = LEAST_HESSIAN = 1.0
"""XGBoost's `kRtEps`, and its defaults of `reg_lambda` and `min_child_weight`."""
SLACK = 1 - 1e-6
"""Rounding to float32 adds less than this to a gain, so what is farther below a threshold need not be rounded."""


@compiled
def score(G, H):
    """Returns what a node with these sums is worth: XGBoost rounds both to float32 before it divides."""
    return f32(G * G) / f32(H + LAMBDA)


@compiled
def may_improve(order, f, start, stop, g, h, G, H, threshold):
    """Says whether any split of a node by a feature might pass the threshold.

    It is asked of every row, feature and level, so it neither divides nor rounds, and passes what `improve` refuses.
    """
    left_g, a, both = 0.0, LAMBDA, H + 2 * LAMBDA
    for i in range(start, stop - 1):
        row = order[f, i]
        left_g += g[row]
        a += h[row]
        b, right_g = both - a, G - left_g
        if left_g * left_g * b + right_g * right_g * a >= threshold * (a * b):
            return True
    return False


@compiled
def improve(order, bins, start, stop, g, h, G, H, own, best):
    """Returns a better split of a node by a feature than `best`, or `best`: gain, last bin on the left, its g and h."""
    threshold = (np.float64(best[0]) + np.float64(own)) * SLACK
    left_g = left_h = 0.0
    for i in range(start, stop - 1):
        row = order[i]
        left_g += g[row]
        left_h += h[row]
        right_g, right_h = G - left_g, H - left_h
        a, b = left_h + LAMBDA, right_h + LAMBDA
        if (
            left_g * left_g * b + right_g * right_g * a >= threshold * (a * b)
            and min(left_h, right_h) >= LEAST_HESSIAN
            and bins[row] != bins[order[i + 1]]
        ):
            gain = score(left_g, left_h) + score(right_g, right_h) - own
            if gain > best[0]:
                best = (gain, np.int64(bins[row]), left_g, left_h)
                threshold = (np.float64(gain) + np.float64(own)) * SLACK
    return best


@compiled
def divide(order, f, start, stop, goes_left, left, right, into):
    """Writes the rows of a node, in the order of a feature, to where its children begin.

    A child that begins at the last place is not split any more, and its rows are written there, each over the other.
    """
    nowhere = into.shape[1] - 1
    left_step, right_step = int(left < nowhere), int(right < nowhere)
    for i in range(start, stop):
        row = order[f, i]
        is_left = int(goes_left[row])
        into[f, left if is_left else right] = row  # no branch, since nothing can foresee which way a row goes
        left += is_left * left_step
        right += (1 - is_left) * right_step


@compiled
def grow_tree(order, buffers, bins, cuts, cut_at, g, h, rate, depth, feature, child, value, leaf):
    """Grows one tree, level by level.

    Args:
        order: (D, N + 1) rows by ascending bin of each feature; the last place holds nothing.
        buffers: (2, D, N + 1), for the rows by node of a level and of the next one.
        bins: (D, N) bins by row.
        cuts: upper bounds of the bins of all features, in a row.
        cut_at: (D + 1,) where those of each feature begin.
        g: (N,) first derivatives.
        h: (N,) second derivatives.
        rate: the learning rate.
        depth: the most splits between the root and a leaf.
        feature: (M,) feature by which each node is split; is written.
        child: (M,) its left child, the right one being the next; 0 for a leaf; is written.
        value: (M,) the cut below which a row goes left, or the value of a leaf; is written.
        leaf: (N,) leaf of each row; is written.
    """
    rows, nodes = g.size, child.size
    G, H, own, gain = np.zeros(nodes), np.zeros(nodes), np.zeros(nodes, f32), np.zeros(nodes, f32)
    cut, left_G, left_H = np.zeros(nodes, np.int64), np.zeros(nodes), np.zeros(nodes)
    size, start, stop = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    goes_left = np.zeros(rows, np.uint8)
    leaf[:] = 0
    child[:] = 0
    G[0], H[0], size[0] = g.sum(), h.sum(), rows
    before, first, end = 0, 0, 1  # the nodes of the level above begin at `before`, those of this one at `first`
    for level in range(depth + 1):
        place = 0
        for n in range(first, end):
            own[n] = score(G[n], H[n])
            start[n] = rows  # nowhere
            if level < depth and H[n] >= 2 * LEAST_HESSIAN:
                start[n], stop[n] = place, place + size[n]
                place = stop[n]
        above = order if level < 2 else buffers[level % 2]
        here = order if level == 0 else buffers[(level + 1) % 2]
        for f in range(len(order) if place else 0):
            for n in range(before, first):
                left = child[n]
                if left and min(start[left], start[left + 1]) < rows:
                    divide(above, f, start[n], stop[n], goes_left, start[left], start[left + 1], here)
            for n in range(first, end):
                threshold = (np.float64(gain[n]) + np.float64(own[n])) * SLACK
                if start[n] < rows and may_improve(here, f, start[n], stop[n], g, h, G[n], H[n], threshold):
                    best = (gain[n], cut[n], left_G[n], left_H[n])
                    best = improve(here[f], bins[f], start[n], stop[n], g, h, G[n], H[n], own[n], best)
                    if best[0] > gain[n]:
                        feature[n] = f
                        gain[n], cut[n], left_G[n], left_H[n] = best
        used = end
        for n in range(first, end):
            if gain[n] > LEAST_GAIN:
                child[n], value[n] = used, cuts[cut_at[feature[n]] + cut[n]]
                G[used], H[used] = left_G[n], left_H[n]
                G[used + 1], H[used + 1] = G[n] - left_G[n], H[n] - left_H[n]
                used += 2
            else:
                value[n] = f32(-G[n] / (H[n] + LAMBDA)) * rate
        for i in range(rows):
            n = leaf[i]
            if child[n]:
                goes_left[i] = bins[feature[n], i] <= cut[n]
                leaf[i] = child[n] + 1 - goes_left[i]
                size[leaf[i]] += 1
        before, first, end = first, end, used
        if first == end:
            break


@compiled
def grow(order, bins, cuts, cut_at, targets, base, rounds, rate, depth, soft):
    """Grows all trees, and says whether every sum was exact; it stops where one is not.

    Args:
        order: as `grow_tree` takes it, with `bins`, `cuts`, `cut_at`, `rate` and `depth`.
        targets: (N, K) 0 or 1.
        base: (K,) margins before the first tree.
        rounds: each of K trees.
        soft: whether the K outputs are classes of one softmax, and not labels with a sigmoid each.
    """
    rows, outputs = targets.shape
    trees, nodes = rounds * outputs, 2 ** (depth + 1)
    margins = np.empty((rows, outputs), f32)
    margins[:] = base
    first, second = np.empty((outputs, rows), f32), np.empty((outputs, rows), f32)
    feature, child = np.zeros((trees, nodes), np.int32), np.zeros((trees, nodes), np.int32)
    value = np.zeros((trees, nodes), f32)
    buffers, leaf = np.empty((2, *order.shape), order.dtype), np.zeros(rows, np.int64)
    for t in range(trees):
        k = t % outputs
        if k == 0:
            derive(margins, targets, soft, first, second)
        if not (adds_up_exactly(first[k]) and adds_up_exactly(second[k])):
            return False, feature, child, value
        g, h = first[k].astype(np.float64), second[k].astype(np.float64)
        grow_tree(order, buffers, bins, cuts, cut_at, g, h, rate, depth, feature[t], child[t], value[t], leaf)
        for i in range(rows):
            margins[i, k] += value[t, leaf[i]]
    return True, feature, child, value


@compiled
def predict(rows, feature, child, value, base, soft):
    """Returns (N, K) probabilities of joined rows (N, D)."""
    found = np.empty((len(rows), base.size), f32)
    found[:] = base
    for i in range(len(rows)):
        for t in range(len(child)):
            n = 0
            while child[t, n]:
                n = child[t, n] + (0 if rows[i, feature[t, n]] < value[t, n] else 1)
            found[i, t % base.size] += value[t, n]
        if soft:
            softmax(found[i], found[i], f32(-np.inf))
        else:
            for k in range(base.size):
                found[i, k] = sigmoid(found[i, k])
    return found
