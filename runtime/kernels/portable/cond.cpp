#include "generated/args.h"
#include "kernels/control.h"

namespace MTC_PORTABLE {

Status PrepareCond(PrepareContext& context, const CondArgs& args) {
  if (args.predicate->count() != 1) return context.Fail(Status::kInvalidProgram, "the predicate is not one element");
  MTC_RETURN_IF_ERROR(args.then->Prepare(args.operands, args.out));
  return args.otherwise->Prepare(args.operands, args.out);
}

Status RunCond(KernelContext&, const CondArgs& args) {
  NestedFunction* chosen = *args.predicate->as<uint8_t>() != 0 ? args.then : args.otherwise;
  return chosen->Run(args.operands, args.out);
}

}  // namespace MTC_PORTABLE
