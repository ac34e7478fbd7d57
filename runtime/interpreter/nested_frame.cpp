#include "interpreter/nested_frame.h"

#include <algorithm>
#include <cstring>

#include "interpreter/describe.h"

namespace mtc {

Status NestedFrame::CheckOutputs(Span<Tensor* const> outputs) {
  if (outputs.empty()) return Status::kOk;
  if (outputs.size() != output_count()) {
    return environment_.error->Report(Status::kInvalidProgram, "a nested function has %zu results; %zu are taken",
                                      output_count(), outputs.size());
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == nullptr) continue;
    const auto expected = output(i).shape(), given = outputs[i]->shape();
    if (outputs[i]->dtype != output(i).dtype || !outputs[i]->is_dense() ||
        !std::equal(expected.begin(), expected.end(), given.begin(), given.end())) {
      return environment_.error->Report(Status::kInvalidProgram, "a nested function's result %zu is %s, not %s", i,
                                        Describe(output(i).dtype, expected).text,
                                        Describe(outputs[i]->dtype, given).text);
    }
  }
  return Status::kOk;
}

Status NestedFrame::Prepare(Span<const Tensor* const> inputs, Span<Tensor* const> outputs) {
  MTC_RETURN_IF_ERROR(frame_.Prepare(inputs));
  return CheckOutputs(outputs);
}

Status NestedFrame::Run(Span<const Tensor* const> inputs, Span<Tensor* const> outputs) {
  MTC_RETURN_IF_ERROR(environment_.Step());
  MTC_RETURN_IF_ERROR(frame_.Run(inputs));
  MTC_RETURN_IF_ERROR(CheckOutputs(outputs));
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == nullptr) continue;
    const Tensor& result = output(i);
    const size_t bytes = static_cast<size_t>(result.count()) * SizeOf(result.dtype);
    // A result may be a state, and so may be the tensor it goes to.
    if (bytes != 0) memmove(outputs[i]->data, result.data, bytes);
  }
  return Status::kOk;
}

}  // namespace mtc
