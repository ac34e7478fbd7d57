#include "generated/args.h"
#include "kernels/dot.h"
#include "kernels/gemm.h"
#include "kernels/shape_rules.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

// Up to this many rows are dot products.
inline constexpr int64_t kFewRows = 3;

#if MTC_ISA_LEVEL == 0
Status PrepareLinear(PrepareContext& context, const LinearArgs& args) {
  const Tensor &x = *args.x, &weight = *args.weight;
  if (x.rank < 1 || weight.rank != 2 || x.dim(-1) != weight.dims[1]) {
    return context.Fail(Status::kInvalidArgument, "weights are not [out, %lld]",
                        static_cast<long long>(x.rank < 1 ? 0 : x.dim(-1)));
  }
  if (args.bias != nullptr && (args.bias->rank != 1 || args.bias->dims[0] != weight.dims[0])) {
    return context.Fail(Status::kInvalidProgram, "bias has not one element for each output feature");
  }
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  int64_t dims[kMaxRank];
  for (int i = 0; i < x.rank; ++i) dims[i] = x.dims[i];
  dims[x.rank - 1] = weight.dims[0];
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, x.rank}));
  const int64_t rows = x.rows(), depth = weight.dims[1];
  if (rows <= kFewRows) return Status::kOk;
  const size_t size = SizeOf(x.dtype) == 8 ? 8 : 4;
  const size_t columns = x.dtype == DType::kF32   ? MultiplyScratch<float>(weight.dims[0], depth)
                         : x.dtype == DType::kF64 ? MultiplyScratch<double>(weight.dims[0], depth)
                                                  : MultiplyScratch<Half>(weight.dims[0], depth);
  context.RequireScratch(columns + static_cast<size_t>(PackedRowsSize(rows, depth)) * size);
  return Status::kOk;
}
#endif

template <typename T>
Status RunLinear(KernelContext& context, const LinearArgs& args) {
  using C = Compute<T>;
  const int64_t rows = args.x->rows(), depth = args.weight->dims[1], columns = args.weight->dims[0];
  const T *x = args.x->as<T>(), *weight = args.weight->as<T>();
  const T* bias = args.bias ? args.bias->as<T>() : nullptr;
  T* out = args.out->as<T>();
  const C low = static_cast<C>(args.clamp[0]), high = static_cast<C>(args.clamp[1]);
  if (rows <= kFewRows) {
    DotProducts<C>(context.threads, x, rows, weight, columns, depth, [&](int64_t r, int64_t c, C value) {
      if (bias != nullptr) value += static_cast<C>(bias[c]);
      out[r * columns + c] = static_cast<T>(value < low ? low : value > high ? high : value);
    });
    return Status::kOk;
  }
  auto* packed = reinterpret_cast<C*>(static_cast<char*>(context.scratch) + MultiplyScratch<T>(columns, depth));
  PackRows(kTileRows, x, rows, depth, depth, 1, packed);
  const Product<T, C> product = {rows, columns, depth, packed, out, columns, {nullptr, bias, low, high}};
  MultiplyPacked(context.threads, product, MatrixColumns<C, T>{weight, 1, depth}, context.scratch);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Linear)

}  // namespace MTC_PORTABLE
