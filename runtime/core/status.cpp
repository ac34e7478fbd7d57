#include "core/status.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace mtc {

Status Error::Report(Status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message_, sizeof(message_), format, arguments);
  va_end(arguments);
  return status;
}

void Error::Prefix(const char* format, ...) {
  char old[sizeof(message_)];
  memcpy(old, message_, sizeof(old));
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message_, sizeof(message_), format, arguments);
  va_end(arguments);
  const size_t used = strlen(message_);
  snprintf(message_ + used, sizeof(message_) - used, ": %s", old);
}

void Error::Append(const char* format, ...) {
  const size_t used = strlen(message_);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message_ + used, sizeof(message_) - used, format, arguments);
  va_end(arguments);
}

}  // namespace mtc
