// Attention without the matrix of all scores: keys are visited block by block while each query keeps the largest score
// so far, the sum of the powers, and its sum of values (Dao et al., "FlashAttention", 2022). Queries lie along the
// lanes of vectors, so that scores come out of one product in the order in which the next one reads them.

#ifndef MTC_KERNELS_ATTENTION_H_
#define MTC_KERNELS_ATTENTION_H_

#include "kernels/dot.h"
#include "kernels/gemm.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kKeyBlock = 128;  // keys whose scores are computed at once
// Rows of a tile: heads and blocks of keys have a multiple of 8 of them, as a rule, and as many sums hide an addition's
// latency.
inline constexpr int kAttentionRows = kTileRows > 8 ? 8 : 4;
inline constexpr int64_t kQueryPanels = 4;  // tiles of queries that share a packed block of keys
inline constexpr int64_t kFewQueries = 3;   // up to this many, scores are dot products

// One matrix of queries, keys and values, and its mask: element (q, k) is mask[q * row_step + k * column_step].
template <typename T>
struct Attention {
  const T *query, *key, *value, *mask;
  T* out;
  int64_t targets, sources, features, outputs;
  int64_t mask_row_step, mask_column_step;
  Compute<T> scale;
  bool is_causal;
};

// Elements of scratch for one thread at this level, where an element has `size` bytes; a multiple of 64 bytes.
constexpr int64_t AttentionScratch(Isa isa, int64_t size, int64_t targets, int64_t sources, int64_t features,
                                   int64_t outputs) {
  if (targets <= kFewQueries) return RoundUp(sources + outputs, 16);
  const int64_t width = TileColumns(isa, size);
  const int64_t queries = Least(Quotient(targets, width), kQueryPanels) * width;
  return RoundUp(queries * (features + outputs + 2) + width * kKeyBlock + kKeyBlock * (features + outputs), 16);
}

MTC_INLINE Vec ExpLanes(Vec v) { return Exp(v); }
MTC_INLINE Simd<double>::Vector ExpLanes(Simd<double>::Vector v) {
  for (int i = 0; i < Simd<double>::kLanes; ++i) v[i] = Exp(v[i]);
  return v;
}

// One query at a time.
template <typename T>
void AttendRow(const Attention<T>& a, int64_t q, Compute<T>* scratch) {
  using C = Compute<T>;
  using V = typename Simd<C>::Vector;
  constexpr int kWidth = Simd<C>::kLanes;
  const int64_t count = a.is_causal ? Least(a.sources, q + 1) : a.sources;
  C *scores = scratch, *sums = scratch + a.sources;
  C largest = -static_cast<C>(__builtin_inf());
  for (int64_t k = 0; k < count; ++k) {
    const C bias = a.mask ? static_cast<C>(a.mask[q * a.mask_row_step + k * a.mask_column_step]) : C{0};
    // Keys without attention are not read: most of a cache that is hardly filled.
    scores[k] = bias;
    if (bias == -static_cast<C>(__builtin_inf())) continue;
    scores[k] += Dot<C>(a.query + q * a.features, a.key + k * a.features, a.features) * a.scale;
    largest = scores[k] > largest ? scores[k] : largest;
  }
  const C shift = largest == -static_cast<C>(__builtin_inf()) ? C{0} : largest;
  C total = 0;
  int64_t k = 0;
  for (; k + kWidth <= count; k += kWidth) {
    const V powers = ExpLanes(Load<V>(scores + k) - shift);
    Store(scores + k, powers);
    total += Sum(powers);
  }
  for (; k < count; ++k) total += scores[k] = std::exp(scores[k] - shift);
  for (int64_t f = 0; f < a.outputs; ++f) sums[f] = 0;
  for (k = 0; k < count; ++k) {
    if (scores[k] == 0) continue;
    const T* value = a.value + k * a.outputs;
    int64_t f = 0;
    for (; f + kWidth <= a.outputs; f += kWidth) Store(sums + f, Load<V>(sums + f) + Load<V>(value + f) * scores[k]);
    for (; f < a.outputs; ++f) sums[f] += scores[k] * static_cast<C>(value[f]);
  }
  const C inverse = total == 0 ? C{0} : 1 / total;
  for (int64_t f = 0; f < a.outputs; ++f) a.out[q * a.outputs + f] = static_cast<T>(sums[f] * inverse);
}

// Scores [keys][queries] of one panel: adds the mask to keys `first` and following, and hides the future.
template <typename T, typename C>
MTC_INLINE void MaskScores(const Attention<T>& a, int64_t query, int64_t first, int64_t keys, C* scores) {
  constexpr int64_t kWidth = kTileColumns<C>;
  const int64_t queries = Least(kWidth, a.targets - query);
  if (a.mask != nullptr && a.mask_row_step == 0) {
    for (int64_t k = 0; k < keys; ++k) {
      const C bias = static_cast<C>(a.mask[(first + k) * a.mask_column_step]);
      for (int64_t q = 0; q < kWidth; ++q) scores[k * kWidth + q] += bias;
    }
  } else if (a.mask != nullptr) {
    for (int64_t q = 0; q < queries; ++q) {
      const T* row = a.mask + (query + q) * a.mask_row_step + first * a.mask_column_step;
      for (int64_t k = 0; k < keys; ++k) scores[k * kWidth + q] += static_cast<C>(row[k * a.mask_column_step]);
    }
  }
  if (!a.is_causal || first + keys <= query + 1) return;
  for (int64_t k = 0; k < keys; ++k) {
    const int64_t seen_by = first + k - query;  // the first query of the panel that sees the key
    for (int64_t q = 0; q < kWidth && q < seen_by; ++q) scores[k * kWidth + q] = -static_cast<C>(__builtin_inf());
  }
}

// Turns scores into powers, and scales the sums so far, [outputs][queries], to the new largest score.
template <typename C>
MTC_INLINE void TakePowers(int64_t keys, int64_t outputs, C* scores, C* largest, C* totals, C* sums) {
  using V = typename Simd<C>::Vector;
  constexpr int kLanesOf = Simd<C>::kLanes;
  constexpr int64_t kWidth = kTileColumns<C>;
  const V lowest = Splat<V>(-static_cast<C>(__builtin_inf()));
  for (int64_t lane = 0; lane < kWidth; lane += kLanesOf) {
    const V before = Load<V>(largest + lane);
    V most = before;
    for (int64_t k = 0; k < keys; ++k) {
      const V score = Load<V>(scores + k * kWidth + lane);
      most = score > most ? score : most;
    }
    const V shift = most == lowest ? V{} : most;
    const V correction = ExpLanes(before - shift);
    V total = Load<V>(totals + lane) * correction;
    for (int64_t k = 0; k < keys; ++k) {
      const V power = ExpLanes(Load<V>(scores + k * kWidth + lane) - shift);
      total += power;
      Store(scores + k * kWidth + lane, power);
    }
    Store(largest + lane, most);
    Store(totals + lane, total);
    for (int64_t f = 0; f < outputs; ++f) {
      Store(sums + f * kWidth + lane, Load<V>(sums + f * kWidth + lane) * correction);
    }
  }
}

// scores [keys][queries] = keys [keys][features] * queries [features][queries].
template <typename C>
MTC_INLINE void Score(const C* keys, int64_t count, const C* queries, int64_t features, C* scores) {
  constexpr int kRows = kAttentionRows;
  constexpr int64_t kWidth = kTileColumns<C>;
  int64_t k = 0;
  for (; k + kRows <= count; k += kRows) {
    MultiplyTile<kRows, kTileVectors>(RowCursor<kRows, C>(keys + k * features, features), {features}, queries, kWidth,
                                      TileEnds<C>(), scores + k * kWidth, kWidth);
  }
  for (; k < count; ++k) {
    MultiplyTile<1, kTileVectors>(RowCursor<1, C>(keys + k * features, features), {features}, queries, kWidth,
                                  TileEnds<C>(), scores + k * kWidth, kWidth);
  }
}

// sums [outputs][queries] += values [keys][outputs], transposed, * powers [keys][queries].
template <typename C>
MTC_INLINE void SumValues(const C* values, int64_t outputs, const C* powers, int64_t keys, C* sums) {
  constexpr int kRows = kAttentionRows;
  constexpr int64_t kWidth = kTileColumns<C>;
  TileEnds<C> ends;
  ends.is_continued = true;
  int64_t f = 0;
  for (; f + kRows <= outputs; f += kRows) {
    MultiplyTile<kRows, kTileVectors>(ColumnCursor<C>(values + f, outputs), {keys}, powers, kWidth, ends,
                                      sums + f * kWidth, kWidth);
  }
  for (; f < outputs; ++f) {
    MultiplyTile<1, kTileVectors>(ColumnCursor<C>(values + f, outputs), {keys}, powers, kWidth, ends, sums + f * kWidth,
                                  kWidth);
  }
}

// `count` elements in the type they are computed in: where they lie, or converted into `copy`.
template <typename C, typename T>
MTC_INLINE const C* Widened(const T* from, int64_t count, C* copy) {
  if constexpr (std::is_same_v<C, T>) {
    return from;
  } else {
    for (int64_t i = 0; i < count; ++i) copy[i] = static_cast<C>(from[i]);
    return copy;
  }
}

// Queries [begin, end), at most kQueryPanels panels.
template <typename T>
void AttendBlock(const Attention<T>& a, int64_t begin, int64_t end, Compute<T>* scratch) {
  using C = Compute<T>;
  constexpr int64_t kWidth = kTileColumns<C>;
  const int64_t panels = Quotient(end - begin, kWidth), queries = panels * kWidth;
  C *packed_queries = scratch, *sums = packed_queries + queries * a.features, *largest = sums + queries * a.outputs;
  C *totals = largest + queries, *scores = totals + queries, *copied_keys = scores + kKeyBlock * kWidth;
  C* copied_values = copied_keys + kKeyBlock * a.features;
  for (int64_t p = 0; p < panels; ++p) {
    C* panel = packed_queries + p * kWidth * a.features;
    const int64_t query = begin + p * kWidth;
    MatrixColumns<C, T>{a.query, 1, a.features}.Pack(0, a.features, query, Least(kWidth, end - query), panel);
    for (int64_t i = 0; i < kWidth * a.features; ++i) panel[i] *= a.scale;
  }
  for (int64_t i = 0; i < queries * a.outputs; ++i) sums[i] = 0;
  for (int64_t i = 0; i < queries; ++i) {
    largest[i] = -static_cast<C>(__builtin_inf());
    totals[i] = 0;
  }
  const int64_t sources = a.is_causal ? Least(a.sources, end) : a.sources;
  for (int64_t first = 0; first < sources; first += kKeyBlock) {
    const int64_t keys = Least(kKeyBlock, sources - first);
    const C* key = Widened(a.key + first * a.features, keys * a.features, copied_keys);
    const C* value = Widened(a.value + first * a.outputs, keys * a.outputs, copied_values);
    for (int64_t p = 0; p < panels; ++p) {
      C* own_sums = sums + p * kWidth * a.outputs;
      Score(key, keys, packed_queries + p * kWidth * a.features, a.features, scores);
      MaskScores(a, begin + p * kWidth, first, keys, scores);
      TakePowers(keys, a.outputs, scores, largest + p * kWidth, totals + p * kWidth, own_sums);
      SumValues(value, a.outputs, scores, keys, own_sums);
    }
  }
  for (int64_t q = begin; q < end; ++q) {
    const int64_t lane = (q - begin) % kWidth;
    const C total = totals[q - begin], inverse = total == 0 ? C{0} : 1 / total;
    const C* from = sums + (q - begin) / kWidth * kWidth * a.outputs + lane;
    for (int64_t f = 0; f < a.outputs; ++f) a.out[q * a.outputs + f] = static_cast<T>(from[f * kWidth] * inverse);
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_ATTENTION_H_
