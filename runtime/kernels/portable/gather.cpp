#include "core/half.h"
#include "generated/args.h"
#include "kernels/indexing.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareGather(PrepareContext& context, const GatherArgs& args) {
  int axis;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, args.x->rank, &axis));
  MTC_RETURN_IF_ERROR(CheckBeside(context, *args.x, *args.index, axis));
  return SameShape(context, args.index, args.out);
}

template <typename T>
Status RunGather(KernelContext& context, const GatherArgs& args) {
  const Tensor &x = *args.x, &index = *args.index;
  const int axis = FrontAxis(args.axis, x.rank);
  MTC_RETURN_IF_ERROR(CheckIndices(context, index, 0, x.rank > 0 ? x.dims[axis] : 1));
  if (index.count() == 0) return Status::kOk;
  const int64_t step = StepOf(x, axis), columns = index.row_size(), column_step = axis >= x.rank - 1 ? 0 : 1;
  ParallelFor(context.threads, index.rows(), 1 + kIndexGrain / columns, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* from = x.as<T>() + RowStart(index, row, x, axis);
      const int64_t* places = index.as<int64_t>() + row * columns;
      T* to = args.out->as<T>() + row * columns;
      for (int64_t j = 0; j < columns; ++j) to[j] = from[j * column_step + places[j] * step];
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Gather)

}  // namespace MTC_PORTABLE
