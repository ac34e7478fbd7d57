// Products of rows of 8-bit integers with integer weights, in floats: of rows that were rounded before, or are as they
// come, each by a scale of its own.

#ifndef MTC_KERNELS_ROUNDED_ROWS_H_
#define MTC_KERNELS_ROUNDED_ROWS_H_

#include <cmath>

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/step_vectors.h"
#include "kernels/stored_weights.h"

namespace MTC_PORTABLE {

// Elements from row to row.
constexpr int64_t RoundedPitch(int64_t depth) { return (depth + 31) / 32 * 32; }

inline size_t RoundedRowsScratch(int64_t rows, int64_t depth) {
  const auto pitch = static_cast<size_t>(RoundedPitch(depth));
  size_t bytes;
  if (__builtin_mul_overflow(static_cast<size_t>(rows), pitch * sizeof(int16_t) + sizeof(float), &bytes)) {
    return SIZE_MAX;
  }
  return bytes + 64;
}

// What numbers lie between, with zero. NaN counts for nothing.
struct Range {
  float low = 0, high = 0;
};

MTC_INLINE void Extend(Range& range, const float* x, int64_t count) {
  Vec low = Fill<Vec>(range.low), high = Fill<Vec>(range.high);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vec v = Load<Vec>(x + i);
    low = Select(v < low, v, low);
    high = Select(v > high, v, high);
  }
  if (i < count) {
    const Vec v = LoadPart<Vec>(x + i, count - i);
    low = Select(v < low, v, low);
    high = Select(v > high, v, high);
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    range.low = low[lane] < range.low ? low[lane] : range.low;
    range.high = high[lane] > range.high ? high[lane] : range.high;
  }
}

// Which numbers 8-bit integers stand for.
struct RowScale {
  float scale;
  int32_t zero;
};

// As mtc/ops/quantized.py has it.
MTC_INLINE RowScale ScaleFor(const Range& range) {
  const float low = range.low, high = range.high;
  const float span = high == low ? 1.0f : (high - low) / 255.0f;
  const bool is_lower = (-128.0f + low / span) + (127.0f + high / span) > 0;
  float zero = is_lower ? -128.0f - low / span : 127.0f - high / span;
  zero = std::nearbyint(!(zero > -128.0f) ? -128.0f : zero > 127.0f ? 127.0f : zero);
  return {span, static_cast<int32_t>(zero)};
}

// Lanes of numbers as the integers nearest to them, less `origin`. NaN is the least.
MTC_INLINE IntVec RoundLanes(const float* x, const StepLanes& lanes, const RowScale& by, int32_t origin) {
  const auto zero = static_cast<float>(by.zero);
  const StepLimits limits = {-128.0f - zero, 127.0f - zero, by.zero - origin};
  const Vec steps = lanes(x) / Fill<Vec>(by.scale);
  return RoundToSteps(Select(steps == steps, steps, Fill<Vec>(limits.low)), limits);
}
MTC_INLINE Vec RealLanes(const float* x, const StepLanes& lanes, const RowScale& by) {
  return __builtin_convertvector(RoundLanes(x, lanes, by, by.zero), Vec) * Fill<Vec>(by.scale);
}

// Numbers as the integers nearest to them, less `origin`.
template <typename Step>
MTC_INLINE void RoundNumbers(const float* x, int64_t count, const RowScale& by, int32_t origin, Step* out) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const IntVec rounded = RoundLanes(x, {i, kLanes}, by, origin);
    if constexpr (sizeof(Step) == 1) {
      StoreBytes(out + i, rounded);
    } else {
      typedef Step Narrow __attribute__((vector_size(kLanes * sizeof(Step))));
      Store(out + i, __builtin_convertvector(rounded, Narrow));
    }
  }
  if (i < count) {
    const IntVec last = RoundLanes(x, {i, count - i}, by, origin);
    for (int64_t lane = 0; lane < count - i; ++lane) out[i + lane] = static_cast<Step>(last[lane]);
  }
}

// The numbers that the integers nearest to others stand for.
MTC_INLINE void RoundToReal(const float* x, int64_t count, const RowScale& by, float* out) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) Store(out + i, RealLanes(x, {i, kLanes}, by));
  if (i < count) StorePart(out + i, RealLanes(x, {i, count - i}, by), count - i);
}

// The rows of x as integers less `origin`, one after the other; set_scale(row, by) is told the scale of each.
template <typename Step, typename SetScale>
void RoundRows(ThreadPool* threads, const Tensor& x, int32_t origin, Step* steps, const SetScale& set_scale) {
  const int64_t depth = x.row_size();
  ParallelFor(threads, x.rows(), 1 + kElementGrain / depth, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* numbers = x.as<const float>() + row * x.pitch;
      Range range;
      Extend(range, numbers, depth);
      const RowScale by = ScaleFor(range);
      RoundNumbers(numbers, depth, by, origin, steps + row * depth);
      set_scale(row, by);
    }
  });
}

// A row as integers less their zero point. Returns its scale.
MTC_INLINE float RoundRow(const float* x, int64_t depth, int16_t* out) {
  Range range;
  Extend(range, x, depth);
  const RowScale by = ScaleFor(range);
  RoundNumbers(x, depth, by, by.zero, out);
  return by.scale;
}

// The sum of kUnpacked products at most, which fits 32 bits.
MTC_INLINE int32_t DotSteps(const int16_t* a, const int16_t* b, int64_t count) {
  int32_t sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += static_cast<int32_t>(a[i]) * static_cast<int32_t>(b[i]);
  return sum;
}

// round(row, out) writes a row as integers less their zero point, and returns its scale.
template <typename W, typename Round>
void MultiplyRoundedRows(KernelContext& context, const LinearArgs& args, const Round& round) {
  const Tensor& weight = *args.weight;
  const int64_t rows = args.x->rows(), depth = weight.dims[1], columns = weight.dims[0], pitch = RoundedPitch(depth);
  auto* rounded = static_cast<int16_t*>(context.scratch);
  auto* scales = reinterpret_cast<float*>(rounded + rows * pitch);
  ParallelFor(context.threads, rows, 1 + kElementGrain / (depth + 1), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) scales[row] = round(row, rounded + row * pitch);
  });
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
  const float low = static_cast<float>(args.clamp[0]), high = static_cast<float>(args.clamp[1]);
  float* out = args.out->as<float>();
  ParallelFor(context.threads, columns, 1 + kElementGrain / (rows * depth + 1), [&](int64_t begin, int64_t end) {
    for (int64_t column = begin; column < end; ++column) {
      for (int64_t row = 0; row < rows; ++row) out[row * columns + column] = 0;
      ForScales(weight, column, [&](int64_t first, int64_t count, float scale, int32_t zero) {
        alignas(64) int8_t buffer[kUnpacked];
        alignas(64) int16_t steps[kUnpacked];
        const int8_t* stored = StepsOfRow(RowPart<W>(weight, column, first), count, buffer);
        for (int64_t i = 0; i < count; ++i) steps[i] = static_cast<int16_t>(stored[i] - zero);
        for (int64_t row = 0; row < rows; ++row) {
          const int32_t sum = DotSteps(rounded + row * pitch + first, steps, count);
          out[row * columns + column] += static_cast<float>(sum) * scale;
        }
      });
      for (int64_t row = 0; row < rows; ++row) {
        const float sum = out[row * columns + column] * scales[row] + (bias == nullptr ? 0.0f : bias[column]);
        out[row * columns + column] = sum < low ? low : sum > high ? high : sum;
      }
    }
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_ROUNDED_ROWS_H_
