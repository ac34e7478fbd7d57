#include "kernels/axis_run.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareSoftmax(PrepareContext& context, const SoftmaxArgs& args) {
  return AlongAxis(context, args.x, args.axis, args.out);
}
#endif

template <typename T>
Status RunSoftmax(KernelContext& context, const SoftmaxArgs& args) {
  using P = Pack<T>;
  ForAxisRuns<T>(context, *args.x, args.axis, *args.out, [](const AxisRun<T>& run, const T* x, T* out) {
    const auto sum =
        SumOfExp(run, x, [out](int64_t at, P powers, int64_t lanes) { StorePack(out + at, powers, lanes); });
    const P factor = 1.0f / sum.total;
    run.ForEach(
        [&](int64_t at, int64_t lanes) { StorePack(out + at, LoadPack(out + at, lanes, P{}) * factor, lanes); });
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Softmax)

}  // namespace MTC_PORTABLE
