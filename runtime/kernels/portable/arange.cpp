#include "generated/args.h"
#include "kernels/kernel.h"

namespace MTC_PORTABLE {

// Numbers from the first on until before the last, or the number of them that a step takes.
Status PrepareArange(PrepareContext& context, const ArangeArgs& args) {
  if (args.range.size() != 3 || args.range[2] == 0 || args.range[2] == INT64_MIN) {
    return context.Fail(Status::kInvalidProgram, "range is start, end and a step");
  }
  const bool is_up = args.range[2] > 0;
  const int64_t low = args.range[is_up ? 0 : 1], high = args.range[is_up ? 1 : 0];
  const int64_t step = is_up ? args.range[2] : -args.range[2];
  int64_t length;
  if (__builtin_sub_overflow(high, low, &length)) return context.Fail(Status::kInvalidArgument, "too many numbers");
  const int64_t count = length <= 0 ? 0 : (length - 1) / step + 1;
  return context.Resize(args.out, {&count, 1});
}

Status RunArange(KernelContext&, const ArangeArgs& args) {
  int64_t* out = args.out->as<int64_t>();
  for (int64_t i = 0; i < args.out->dims[0]; ++i) out[i] = args.range[0] + i * args.range[2];
  return Status::kOk;
}

}  // namespace MTC_PORTABLE
