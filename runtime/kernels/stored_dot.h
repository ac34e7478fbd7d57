// Dot products of a few rows with weights that are read once, as they are stored: in a product with one row, which a
// decoder makes of every token, there is little else to do.
//
// Of integers in pairs, a vector of words holds eight elements of a row in each lane. Rows of x are laid out for that:
// the first elements of all lanes, then the second, and so on, so that a shift brings weights in front of their
// factors.

#ifndef MTC_KERNELS_STORED_DOT_H_
#define MTC_KERNELS_STORED_DOT_H_

#include "kernels/dot.h"
#include "kernels/operands.h"
#include "kernels/stored_weights.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kPairsOfLane = 8;
inline constexpr int64_t kPairsChunk = kPairsOfLane * kLanes;  // elements of one vector of words
inline constexpr int64_t kMostPairsChunk = 128;                // at any level
// Bytes of weights that are asked for ahead: rows are short, and the processor's own guesses end at each page.
inline constexpr int64_t kAhead = 2048;

constexpr int64_t SpreadPitch(int64_t depth) { return RoundUp(depth, kMostPairsChunk); }

// A row of x as the products below read it; behind its end are zeros.
MTC_INLINE void SpreadRow(const float* x, int64_t depth, float* out) {
  for (int64_t first = 0; first < depth; first += kPairsChunk) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      for (int64_t i = 0; i < kPairsOfLane; ++i) {
        const int64_t from = first + lane * kPairsOfLane + i;
        out[first + i * kLanes + lane] = from < depth ? x[from] : 0.0f;
      }
    }
  }
}

// Element `index` of each lane's eight, as floats.
MTC_INLINE Vec PairsAt(IntVec pairs, int index) {
#if MTC_ISA_LEVEL == 2
  const __m512 numbers = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1);
  // Which of the numbers is told by the low four bits of a lane; what stands above them does not matter.
  return _mm512_permutexvar_ps(BitCast<__m512i>(BitCast<UintVec>(pairs) >> (4 * index)), numbers);
#else
  return __builtin_convertvector((pairs << (28 - 4 * index)) >> 28, Vec);
#endif
}

// Scales one after the other, each in `kShared` lanes.
template <int kShared, typename S>
MTC_INLINE Vec SharedScales(const S* scales) {
  if constexpr (kShared >= kLanes) {
    return Splat<Vec>(static_cast<float>(*scales));
  } else {
    constexpr int kScales = kLanes / kShared;
    alignas(16) float few[4] = {};
    MTC_UNROLL
    for (int i = 0; i < kScales; ++i) few[i] = static_cast<float>(scales[i]);
#if MTC_ISA_LEVEL == 2
    __m128 four = _mm_load_ps(few);
    if constexpr (std::is_same_v<S, Half> && kScales == 4) {
      four = _mm_cvtph_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(scales)));
    }
    constexpr int k = kShared;
    const __m512i which = _mm512_setr_epi32(0 / k, 1 / k, 2 / k, 3 / k, 4 / k, 5 / k, 6 / k, 7 / k, 8 / k, 9 / k,
                                            10 / k, 11 / k, 12 / k, 13 / k, 14 / k, 15 / k);
    return _mm512_permutexvar_ps(which, _mm512_castps128_ps512(four));
#else
    Vec v;
    MTC_UNROLL
    for (int i = 0; i < kLanes; ++i) v[i] = few[i / kShared];
    return v;
#endif
  }
}

// sums[r] = row r of x, spread, times a row of pairs in which `shared` vectors, or kShared lanes, have one scale.
template <int kRows, int kShared, typename S>
MTC_INLINE void DotPairs(const uint8_t* pairs, const S* scales, int64_t shared, const float* x, int64_t depth,
                         float* sums) {
  constexpr int kScales = kShared < kLanes ? kLanes / kShared : 1;
  const int64_t pitch = SpreadPitch(depth);
  Vec totals[kRows] = {};
  const auto add = [&](const uint8_t* from, const S* scale, const float* at) {
    __builtin_prefetch(from + kAhead);
    const IntVec words = Load<IntVec>(from);
    Vec parts[kRows] = {};
    MTC_UNROLL
    for (int i = 0; i < static_cast<int>(kPairsOfLane); ++i) {
      const Vec weights = PairsAt(words, i);
      MTC_UNROLL
      for (int r = 0; r < kRows; ++r) parts[r] += weights * Load<Vec>(at + r * pitch + i * kLanes);
    }
    const Vec factors = SharedScales<kShared>(scale);
    MTC_UNROLL
    for (int r = 0; r < kRows; ++r) totals[r] += parts[r] * factors;
  };
  int64_t first = 0, count = 0;
  for (; first + kPairsChunk <= depth; first += kPairsChunk) {
    add(pairs + first / 2, scales, x + first);
    if (kShared < kLanes || ++count == shared) {
      scales += kScales;
      count = 0;
    }
  }
  if (first < depth) {  // what is behind the row's end is not touched
    alignas(64) uint8_t rest[kPairsChunk / 2] = {};
    S few[kScales] = {};
    const int64_t block = kShared * kPairsOfLane;
    __builtin_memcpy(rest, pairs + first / 2, static_cast<size_t>((depth - first) / 2));
    for (int64_t i = 0; i < kScales && (i == 0 || first + i * block < depth); ++i) few[i] = scales[i];
    add(rest, few, x + first);
  }
  for (int r = 0; r < kRows; ++r) sums[r] = JoinLanes(totals[r], [](Vec a, Vec b) { return a + b; })[0];
}

MTC_INLINE Vec LoadBytes(const int8_t* from) {
#if MTC_ISA_LEVEL == 2
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#elif MTC_ISA_LEVEL == 1
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
#else
  Vec v;
  MTC_UNROLL
  for (int i = 0; i < kLanes; ++i) v[i] = static_cast<float>(from[i]);
  return v;
#endif
}

// sums[r] = row r of x times a row of bytes.
template <int kRows>
MTC_INLINE void DotBytes(const int8_t* weights, const float* x, int64_t depth, float* sums) {
  constexpr int kTimes = kRows == 1 ? 4 : 2;  // sums enough to hide an addition's latency
  Vec totals[kRows][kTimes] = {};
  int64_t i = 0;
  for (; i + kTimes * kLanes <= depth; i += kTimes * kLanes) {
    __builtin_prefetch(weights + i + kAhead);
    MTC_UNROLL
    for (int j = 0; j < kTimes; ++j) {
      const Vec w = LoadBytes(weights + i + j * kLanes);
      MTC_UNROLL
      for (int r = 0; r < kRows; ++r) totals[r][j] += w * Load<Vec>(x + r * depth + i + j * kLanes);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    Vec total = totals[r][0];
    MTC_UNROLL
    for (int j = 1; j < kTimes; ++j) total += totals[r][j];
    sums[r] = JoinLanes(total, [](Vec a, Vec b) { return a + b; })[0];
    for (int64_t k = i; k < depth; ++k) sums[r] += static_cast<float>(weights[k]) * x[r * depth + k];
  }
}

// Whether the scales are such that the functions above apply: about zero, one for a row, or of pairs for whole vectors
// or equal parts of one.
MTC_INLINE bool IsDotted(const Tensor& weight) {
  if (weight.quantization == nullptr) return true;
  const Quantization& q = *weight.quantization;
  if (q.zero_points != nullptr || q.zero_point != 0) return false;
  if (q.axis < 0 || q.block == 0) return true;
  const int64_t block = q.block;
  return weight.dtype == DType::kQI4 &&
         (block % kPairsChunk == 0 || (kPairsChunk % block == 0 && (block == 32 || block == 64)));
}

// sums[r] = row r of x, spread for pairs, times row `row` of `weight`.
template <typename W, int kRows>
MTC_INLINE void DotStored(const Tensor& weight, int64_t row, const float* x, float* sums) {
  const int64_t depth = weight.row_size();
  const W* from = RowPart<W>(weight, row, 0);
  if constexpr (kIsHalf<W>) {
    for (int r = 0; r < kRows; ++r) sums[r] = Dot<float>(x + r * depth, from, depth);
    return;
  } else if constexpr (std::is_same_v<W, Qi8>) {
    const Quantization& q = *weight.quantization;
    const float scale = ScaleAt(q, q.axis < 0 ? 0 : row);
    DotBytes<kRows>(reinterpret_cast<const int8_t*>(from), x, depth, sums);
    for (int r = 0; r < kRows; ++r) sums[r] *= scale;
  } else {
    const Quantization& q = *weight.quantization;
    const auto* pairs = reinterpret_cast<const uint8_t*>(from);
    if (q.axis < 0 || q.block == 0) {
      const float scale = ScaleAt(q, q.axis < 0 ? 0 : row);
      return DotPairs<kRows, kLanes>(pairs, &scale, INT64_MAX, x, depth, sums);
    }
    const int64_t blocks = depth / q.block + (depth % q.block != 0);
    const auto with = [&](auto* scales) {
      scales += row * blocks;
      if (kLanes > 4 && q.block == 32) return DotPairs<kRows, 4>(pairs, scales, 1, x, depth, sums);
      if (kLanes > 8 && q.block == 64) return DotPairs<kRows, 8>(pairs, scales, 1, x, depth, sums);
      return DotPairs<kRows, kLanes>(pairs, scales, q.block / kPairsChunk, x, depth, sums);
    };
    if (q.scales_type == DType::kF32) return with(static_cast<const float*>(q.scales));
    return with(static_cast<const Half*>(q.scales));
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_STORED_DOT_H_
