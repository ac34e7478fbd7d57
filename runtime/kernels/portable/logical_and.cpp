#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(LogicalAnd)

Status RunLogicalAnd(KernelContext& context, const LogicalAndArgs& args) {
  MapScalars<Bool, Bool>(context, *args.x, *args.y, *args.out, [](bool x, bool y) { return x && y; });
  return Status::kOk;
}

}  // namespace MTC_PORTABLE
