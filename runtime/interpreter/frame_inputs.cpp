// What a function is given: whether it fits, and the sizes that follow from it.

#include <algorithm>
#include <cstdint>

#include "interpreter/describe.h"
#include "interpreter/frame.h"

namespace mtc {

Status Frame::FailInput(size_t index, const Tensor& given) {
  const schema::Value& value = *function_.values()->Get(Items(function_.inputs())[index]);
  return environment_.error->Report(Status::kInvalidArgument, "input %zu `%s`: expected %s, got %s", index,
                                    Text(function_.input_names(), static_cast<uint32_t>(index)),
                                    Describe(function_, value).text, Describe(given.dtype, given.shape()).text);
}

// All but the dims that a symbol or expression gives.
Status Frame::CheckTypes(Span<const Tensor* const> inputs) {
  if (inputs.size() != input_count()) {
    return environment_.error->Report(Status::kInvalidArgument, "function `%s` takes %zu inputs; %zu were given",
                                      Text(function_.name()), input_count(), inputs.size());
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const schema::Value& value = *function_.values()->Get(Items(function_.inputs())[i]);
    const auto dims = Items(value.dims());
    bool is_right = inputs[i]->dtype == ToDType(value.dtype()) && inputs[i]->rank == dims.size();
    for (size_t axis = 0; is_right && axis < dims.size(); ++axis) {
      const int64_t dim = inputs[i]->dims[axis];
      is_right = dim >= 0 && (dims[axis] < 0 || dims[axis] == dim);
    }
    if (!is_right || !inputs[i]->is_dense()) return FailInput(i, *inputs[i]);
  }
  return Status::kOk;
}

Status Frame::BindSymbols(Span<const Tensor* const> inputs, bool* is_changed) {
  for (uint32_t i = 0; i < symbols_.size(); ++i) {
    const schema::Symbol& symbol = *function_.symbols()->Get(i);
    const int64_t size = inputs[symbol.input()]->dims[symbol.axis()];
    if (size < symbol.min() || size > symbol.max()) {
      is_prepared_ = false;  // some symbols may already be new
      const Status status = environment_.error->Report(
          Status::kInvalidArgument, "input %u `%s`: dim %u (`%s`) is %lld; the program takes %lld", symbol.input(),
          Text(function_.input_names(), symbol.input()), symbol.axis(), Text(function_.symbol_names(), i),
          static_cast<long long>(size), static_cast<long long>(symbol.min()));
      const bool is_bounded = symbol.max() != INT64_MAX;
      if (is_bounded) environment_.error->Append(" to %lld", static_cast<long long>(symbol.max()));
      if (!is_bounded) environment_.error->Append(" or more");
      return status;
    }
    *is_changed |= symbols_[i] != size;
    symbols_[i] = size;
  }
  return Status::kOk;
}

// Once the expressions are evaluated: one symbol at two places has one size.
Status Frame::CheckDims(Span<const Tensor* const> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto expected = tensors_[Items(function_.inputs())[i]].shape(), given = inputs[i]->shape();
    if (!std::equal(expected.begin(), expected.end(), given.begin())) {
      const Status status = FailInput(i, *inputs[i]);
      environment_.error->Append("; beside the other inputs it has to be %s",
                                 Describe(inputs[i]->dtype, expected).text);
      return status;
    }
  }
  return Status::kOk;
}

}  // namespace mtc
