#include "kernels/strided.h"

namespace MTC_PORTABLE {

Status PrepareReshape(PrepareContext& context, const ReshapeArgs& args) {
  int64_t count = 1;
  bool is_empty = false;
  for (const int64_t size : args.shape) {
    if (size < 0) return context.Fail(Status::kInvalidArgument, "size %lld", static_cast<long long>(size));
    is_empty = is_empty || size == 0;
  }
  for (const int64_t size : args.shape) {
    if (!is_empty && __builtin_mul_overflow(count, size, &count)) {
      return context.Fail(Status::kInvalidArgument, "too many elements");
    }
  }
  const int64_t has = args.x->count();
  if (has != (is_empty ? 0 : count)) {
    return context.Fail(Status::kInvalidArgument, "%lld elements are not as many as the shape has",
                        static_cast<long long>(has));
  }
  return context.Resize(args.out, args.shape);
}

template <typename T>
Status RunReshape(KernelContext& context, const ReshapeArgs& args) {
  StridedView view;
  view.Add(args.x->count(), 1);
  if (args.out->data != args.x->data) CopyStrided<Word<T>>(context.threads, *args.x, *args.out, view);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Reshape)

}  // namespace MTC_PORTABLE
