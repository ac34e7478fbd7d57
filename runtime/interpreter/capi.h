// What the files of the C API share.

#ifndef MTC_INTERPRETER_CAPI_H_
#define MTC_INTERPRETER_CAPI_H_

#include <cstring>

#include "core/status.h"
#include "core/tensor.h"
#include "mtc/mtc.h"

namespace mtc {

// Hands the reason to the caller, who may not want it.
inline mtc_status Finish(Status status, const Error& reason, mtc_error* error) {
  static_assert(sizeof(reason) == sizeof(*error), "messages are of one size");
  if (error != nullptr) memcpy(error->message, reason.message(), strlen(reason.message()) + 1);
  return static_cast<mtc_status>(status);
}

// The caller may be wrong: a pointer that a function cannot do without.
inline Status CheckGiven(const void* pointer, const char* name, Error& error) {
  if (pointer != nullptr) return Status::kOk;
  return error.Report(Status::kInvalidArgument, "`%s` is NULL", name);
}

inline void FillTensor(DType dtype, Span<const int64_t> dims, const void* data, mtc_tensor* out) {
  *out = {};
  out->data = const_cast<void*>(data);
  out->size = SizeOf(dtype);
  out->dtype = static_cast<mtc_dtype>(dtype);
  for (const int64_t dim : dims) {
    out->dims[out->rank++] = dim;
    out->size *= static_cast<size_t>(dim);
  }
}

}  // namespace mtc

#endif  // MTC_INTERPRETER_CAPI_H_
