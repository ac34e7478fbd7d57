// Dot products of floats with rows of 8-bit integers that are read again and again, as recurrent layers do: packed in
// pairs of 16 bits. An integer of 8 bits is exact in the upper half of a float, so that a shift or a mask makes a float
// of each; made of bytes, it would take two steps more.

#ifndef MTC_KERNELS_PAIRED_ROWS_H_
#define MTC_KERNELS_PAIRED_ROWS_H_

#include "kernels/operands.h"
#include "kernels/packed_constant.h"
#include "kernels/stored_weights.h"

namespace MTC_PORTABLE {

// Elements of one vector of pairs: those of the lower halves, then those of the upper ones.
constexpr int64_t PairedChunk(Isa isa) { return 2 * TileColumns(isa, sizeof(float)) / kTileVectors; }
// Pairs from row to row.
constexpr int64_t PairedPitch(Isa isa, int64_t depth) { return RoundUp(depth, PairedChunk(isa)) / 2; }

// Whether the scales of such rows can wait until the products are added up.
MTC_INLINE bool HasScaledRows(const Tensor& weight) {
  const Quantization& q = *weight.quantization;
  return weight.is_constant() && q.zero_points == nullptr && q.zero_point == 0 && (q.axis < 0 || q.block == 0);
}

#if MTC_ISA_LEVEL == 0
inline Status PackPairedRows(PrepareContext& context, const Tensor& weight, const void** packed) {
  const int64_t rows = weight.dims[0], depth = weight.dims[1];
  const int64_t chunk = PairedChunk(context.isa), pitch = PairedPitch(context.isa, depth);
  const auto pack = [&](uint32_t* pairs) {
    const auto* steps = weight.as<const int8_t>();
    for (int64_t row = 0; row < rows; ++row, steps += depth, pairs += pitch) {
      for (int64_t i = 0; i < depth; ++i) {
        const float step = steps[i];
        uint32_t bits;
        __builtin_memcpy(&bits, &step, sizeof bits);
        const int64_t in_chunk = i % chunk, lane = in_chunk % (chunk / 2);
        pairs[i / chunk * (chunk / 2) + lane] |= in_chunk < chunk / 2 ? bits >> 16 : bits;
      }
    }
  };
  return PackOnce<uint32_t>(context, {Packing::kPairedRows, weight, nullptr, {{rows, depth}}}, rows * pitch, pack,
                            packed);
}
#endif

// sums[r] = x times row r of kRows packed ones.
template <int kRows>
MTC_INLINE void DotPairedRows(const uint32_t* pairs, const float* x, int64_t depth, float* sums) {
  const int64_t pitch = PairedPitch(static_cast<Isa>(MTC_ISA_LEVEL), depth);
  Vec totals[kRows][2] = {};
  const auto add = [&](int64_t first, Vec low, Vec high) {
    MTC_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const IntVec both = Load<IntVec>(pairs + r * pitch + first / 2);
      totals[r][0] += BitCast<Vec>(both << 16) * low;
      totals[r][1] += BitCast<Vec>(both & static_cast<int32_t>(0xffff0000)) * high;
    }
  };
  int64_t first = 0;
  for (; first + 2 * kLanes <= depth; first += 2 * kLanes) {
    add(first, Load<Vec>(x + first), Load<Vec>(x + first + kLanes));
  }
  if (first < depth) {
    const int64_t rest = depth - first;
    add(first, LoadPart<Vec>(x + first, Least(rest, kLanes)),
        LoadPart<Vec>(x + Least(first + kLanes, depth), Most(rest - kLanes, 0)));
  }
  for (int r = 0; r < kRows; ++r) sums[r] = Sum(totals[r][0] + totals[r][1]);
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PAIRED_ROWS_H_
