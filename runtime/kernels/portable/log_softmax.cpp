#include "kernels/axis_run.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareLogSoftmax(PrepareContext& context, const LogSoftmaxArgs& args) {
  return AlongAxis(context, args.x, args.axis, args.out);
}
#endif

template <typename T>
Status RunLogSoftmax(KernelContext& context, const LogSoftmaxArgs& args) {
  using P = Pack<T>;
  ForAxisRuns<T>(context, *args.x, args.axis, *args.out, [](const AxisRun<T>& run, const T* x, T* out) {
    const auto sum = SumOfExp(run, x, [](int64_t, P, int64_t) {});
    const P log = Log(sum.total);
    run.ForEach([&](int64_t at, int64_t lanes) {
      StorePack(out + at, LoadPack(x + at, lanes, P{}) - sum.largest - log, lanes);
    });
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(LogSoftmax)

}  // namespace MTC_PORTABLE
