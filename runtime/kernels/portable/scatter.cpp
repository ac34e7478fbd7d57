#include "kernels/elementwise.h"
#include "kernels/indexing.h"

namespace MTC_PORTABLE {

Status PrepareScatter(PrepareContext& context, const ScatterArgs& args) {
  int axis;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, args.x->rank, &axis));
  MTC_RETURN_IF_ERROR(CheckBeside(context, *args.x, *args.index, axis));
  MTC_RETURN_IF_ERROR(CheckBeside(context, *args.src, *args.index, -1));
  return SameShape(context, args.x, args.out);
}

// On one thread: several elements may be written to one place, in their order.
template <typename T, typename Combine>
void ScatterRows(const ScatterArgs& args, int axis, const Combine& combine) {
  const Tensor &out = *args.out, &index = *args.index;
  const int64_t step = StepOf(out, axis), columns = index.row_size(), column_step = axis >= out.rank - 1 ? 0 : 1;
  for (int64_t row = 0; row < index.rows(); ++row) {
    T* to = out.as<T>() + RowStart(index, row, out, axis);
    const T* from = args.src->as<T>() + RowStart(index, row, *args.src, -1);
    const int64_t* places = index.as<int64_t>() + row * columns;
    for (int64_t j = 0; j < columns; ++j) {
      T& element = to[j * column_step + places[j] * step];
      element = static_cast<T>(combine(static_cast<Compute<T>>(element), static_cast<Compute<T>>(from[j])));
    }
  }
}

template <typename T>
Status RunScatter(KernelContext& context, const ScatterArgs& args) {
  const int axis = FrontAxis(args.axis, args.x->rank);
  MTC_RETURN_IF_ERROR(CheckIndices(context, *args.index, 0, args.x->rank > 0 ? args.x->dims[axis] : 1));
  CopyUnlessInPlace(args.x->data, args.out->data, static_cast<size_t>(args.x->count()) * sizeof(T));
  if (args.index->count() == 0) return Status::kOk;
  switch (args.reduce) {
    case Reduce::kReplace:
      ScatterRows<T>(args, axis, [](auto, auto x) { return x; });
      break;
    case Reduce::kSum:
      ScatterRows<T>(args, axis, [](auto old, auto x) { return Add(old, x); });
      break;
    case Reduce::kProd:
      ScatterRows<T>(args, axis, [](auto old, auto x) { return Mul(old, x); });
      break;
    case Reduce::kAmax:
      ScatterRows<T>(args, axis, [](auto old, auto x) { return Max(old, x); });
      break;
    case Reduce::kAmin:
      ScatterRows<T>(args, axis, [](auto old, auto x) { return Min(old, x); });
      break;
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Scatter)

}  // namespace MTC_PORTABLE
