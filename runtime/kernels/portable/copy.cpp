#include "kernels/strided.h"

namespace MTC_PORTABLE {

Status PrepareCopy(PrepareContext& context, const CopyArgs& args) { return SameShape(context, args.x, args.out); }

// Either side may be rows of a wider tensor.
template <typename T>
Status RunCopy(KernelContext& context, const CopyArgs& args) {
  const Tensor &x = *args.x, &out = *args.out;
  const bool is_dense = x.is_dense() && out.is_dense();
  const int64_t rows = is_dense ? 1 : x.rows(), length = is_dense ? x.count() : x.row_size();
  if (x.data == out.data || length == 0) return Status::kOk;
  ParallelFor(context.threads, rows, kCopyGrain / length + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      std::memmove(out.as<T>() + row * out.pitch, x.as<T>() + row * x.pitch, static_cast<size_t>(length) * sizeof(T));
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Copy)

}  // namespace MTC_PORTABLE
