#include <cstring>

#include "core/half.h"
#include "generated/args.h"
#include "kernels/axis_run.h"
#include "kernels/indexing.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareIndexSelect(PrepareContext& context, const IndexSelectArgs& args) {
  const Tensor& x = *args.x;
  int axis;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, x.rank, &axis));
  if (x.rank < 1 || args.index->rank != 1) {
    return context.Fail(Status::kInvalidProgram, "x has no axis, or index has not one");
  }
  int64_t dims[kMaxRank];
  for (int i = 0; i < x.rank; ++i) dims[i] = i == axis ? args.index->dims[0] : x.dims[i];
  return context.Resize(args.out, {dims, x.rank});
}

static Status CopySlices(KernelContext& context, const IndexSelectArgs& args, size_t element) {
  const AxisSizes view(*args.x, args.axis);
  MTC_RETURN_IF_ERROR(CheckIndices(context, *args.index, 0, view.count));
  const int64_t count = args.index->dims[0];
  const size_t bytes = static_cast<size_t>(view.inner) * element;
  const int64_t grain = 1 + 16 * kIndexGrain / static_cast<int64_t>(bytes + 1);
  ParallelFor(context.threads, view.outer * count, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t from = i / count * view.count + args.index->as<int64_t>()[i % count];
      std::memcpy(args.out->as<char>() + static_cast<size_t>(i) * bytes,
                  args.x->as<char>() + static_cast<size_t>(from) * bytes, bytes);
    }
  });
  return Status::kOk;
}

template <typename T>
Status RunIndexSelect(KernelContext& context, const IndexSelectArgs& args) {
  return CopySlices(context, args, sizeof(T));
}

MTC_PORTABLE_KERNEL(IndexSelect)

}  // namespace MTC_PORTABLE
