#include <cstring>

#include "kernels/dot.h"
#include "kernels/gemm.h"
#include "kernels/product_args.h"
#include "kernels/rounded_rows.h"
#include "kernels/stored_dot.h"
#include "kernels/stored_weights.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

// Up to this many rows are multiplied with weights as they are unpacked; of more, weights are unpacked once for all.
constexpr int64_t kFewRows = 4;
// Weights that are unpacked at a time, so that they stay in the cache.
constexpr int64_t kMostUnpacked = int64_t{1} << 17;

using UnpackedProduct = Product<float, MatrixRows<float, float>, MatrixColumns<float, float>>;

int64_t ChunkColumns(int64_t columns, int64_t depth) {
  return Least(columns, Most(RoundUp(kMostUnpacked / Most(depth, 1), 16), 16));
}

ProductSizes ChunkSizes(const LinearArgs& args) {
  const int64_t depth = args.weight->dims[1];
  return {args.x->rows(), ChunkColumns(args.weight->dims[0], depth), depth};
}

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareLinearStored(PrepareContext& context, const LinearArgs& args) {
  const Tensor &x = *args.x, &weight = *args.weight;
  MTC_RETURN_IF_ERROR(LinearShape(context, args));
  if (args.dynamic && !IsQuantized(weight.dtype)) {
    return context.Fail(Status::kInvalidProgram, "rows that are rounded for weights that are not integers");
  }
  MTC_RETURN_IF_ERROR(CheckStored(context, weight));
  if (args.out->count() == 0) return Status::kOk;
  if (args.dynamic) {
    context.RequireScratch(RoundedRowsScratch(x.rows(), x.row_size()));
  } else if (x.rows() <= kFewRows) {
    if (weight.dtype == DType::kQI4) context.RequireScratch(x.rows(), SpreadPitch(weight.dims[1]), sizeof(float));
  } else {
    const ProductSizes sizes = ChunkSizes(args);
    context.RequireScratch(MultiplyScratch<UnpackedProduct>(context.isa, context.threads, sizes));
    context.RequireScratch(sizes.columns, sizes.depth, sizeof(float));
  }
  return Status::kOk;
}
#endif

template <typename W, int kRows>
void DotFewRows(KernelContext& context, const LinearArgs& args) {
  const Tensor &weight = *args.weight, &input = *args.x;
  const int64_t depth = weight.dims[1], columns = weight.dims[0];
  const float low = static_cast<float>(args.clamp[0]), high = static_cast<float>(args.clamp[1]);
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
  const float* x = input.as<const float>();
  if constexpr (std::is_same_v<W, Qi4>) {
    auto* spread = static_cast<float*>(context.scratch);
    for (int row = 0; row < kRows; ++row) SpreadRow(x + row * depth, depth, spread + row * SpreadPitch(depth));
    x = spread;
  }
  float* out = args.out->as<float>();
  const int64_t grain = 1 + (int64_t{1} << 14) / (depth * kRows + 1);
  ParallelFor(context.threads, columns, grain, [&](int64_t begin, int64_t end) {
    for (int64_t column = begin; column < end; ++column) {
      float sums[kRows];
      DotStored<W, kRows>(weight, column, x, sums);
      for (int row = 0; row < kRows; ++row) {
        const float sum = sums[row] + (bias == nullptr ? 0.0f : bias[column]);
        out[row * columns + column] = sum < low ? low : sum > high ? high : sum;
      }
    }
  });
}

// Every column's weights are unpacked once, for all rows.
template <typename W>
void MultiplyFewRows(ThreadPool* threads, const LinearArgs& args) {
  const Tensor &weight = *args.weight, &x = *args.x;
  const int64_t rows = x.rows(), depth = weight.dims[1], columns = weight.dims[0];
  const float low = static_cast<float>(args.clamp[0]), high = static_cast<float>(args.clamp[1]);
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
  ParallelFor(threads, columns, 1 + (int64_t{1} << 14) / (depth * rows + 1), [&](int64_t begin, int64_t end) {
    for (int64_t column = begin; column < end; ++column) {
      float sums[kFewRows] = {};
      ForRow<W>(weight, column, [&](int64_t first, int64_t count, const float* numbers) {
        for (int64_t row = 0; row < rows; ++row) {
          sums[row] += Dot<float>(x.as<const float>() + row * depth + first, numbers, count);
        }
      });
      for (int64_t row = 0; row < rows; ++row) {
        const float sum = sums[row] + (bias == nullptr ? 0.0f : bias[column]);
        args.out->as<float>()[row * columns + column] = sum < low ? low : sum > high ? high : sum;
      }
    }
  });
}

template <typename W>
void MultiplyManyRows(KernelContext& context, const LinearArgs& args) {
  constexpr Isa kIsa = static_cast<Isa>(MTC_ISA_LEVEL);
  const Tensor& weight = *args.weight;
  ProductSizes sizes = ChunkSizes(args);
  const int64_t depth = sizes.depth, columns = weight.dims[0], chunk = sizes.columns;
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
  const float low = static_cast<float>(args.clamp[0]), high = static_cast<float>(args.clamp[1]);
  auto* unpacked = reinterpret_cast<float*>(static_cast<char*>(context.scratch) +
                                            MultiplyScratch<UnpackedProduct>(kIsa, context.threads, sizes));
  for (int64_t column = 0; column < columns; column += chunk) {
    sizes.columns = Least(chunk, columns - column);
    ParallelFor(context.threads, sizes.columns, 1 + kElementGrain / (depth + 1), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        ForRow<W>(weight, column + i, [&](int64_t first, int64_t count, const float* numbers) {
          std::memcpy(unpacked + i * depth + first, numbers, static_cast<size_t>(count) * sizeof(float));
        });
      }
    });
    const UnpackedProduct product = {{args.x->as<const float>(), depth},
                                     {unpacked, 1, depth},
                                     args.out->as<float>() + column,
                                     columns,
                                     {bias == nullptr ? nullptr : bias + column, low, high}};
    Multiply(context.threads, 1, sizes, [&](int64_t) { return product; }, context.scratch);
  }
}

template <typename F, typename W>
Status RunLinearStored(KernelContext& context, const LinearArgs& args) {
  static_assert(std::is_same_v<F, float>);
  if (args.out->count() == 0) return Status::kOk;
  if constexpr (!kIsHalf<W>) {
    if (args.dynamic) {
      const auto* x = args.x->as<const float>();
      const int64_t depth = args.x->row_size();
      MultiplyRoundedRows<W>(context, args,
                             [&](int64_t row, int16_t* out) { return RoundRow(x + row * depth, depth, out); });
      return Status::kOk;
    }
  }
  const int64_t rows = args.x->rows();
  if (rows <= kFewRows && IsDotted(*args.weight)) {
    if (rows == 1) DotFewRows<W, 1>(context, args);
    if (rows == 2) DotFewRows<W, 2>(context, args);
    if (rows == 3) DotFewRows<W, 3>(context, args);
    if (rows == 4) DotFewRows<W, 4>(context, args);
  } else if (rows <= kFewRows) {
    MultiplyFewRows<W>(context.threads, args);
  } else {
    MultiplyManyRows<W>(context, args);
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(LinearStored)

}  // namespace MTC_PORTABLE
