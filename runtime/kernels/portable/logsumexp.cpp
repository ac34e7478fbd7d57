#include "kernels/reduce.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

Status PrepareLogsumexp(PrepareContext& context, const LogsumexpArgs& args) {
  return ReducedShape(context, args.x, args.axes, args.keepdim, args.out);
}

template <typename T>
Status RunLogsumexp(KernelContext& context, const LogsumexpArgs& args) {
  using P = Pack<T>;
  const auto add = [](P a, P b) { return a + b; };
  const auto larger = [](P a, P b) { return Max(a, b); };
  const P infinity = Fill<P>(__builtin_inf());
  Reduce<T>(context, *args.x, args.axes, *args.out, [=](const Folded<T>& folded) {
    const P largest = folded.Fold(-infinity, -infinity, larger, larger);
    const P shift = Select(Abs(largest) < infinity, largest, P{});
    return Log(folded.Fold(P{}, -infinity, [shift](P a, P x) { return a + Exp(x - shift); }, add)) + shift;
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Logsumexp)

}  // namespace MTC_PORTABLE
