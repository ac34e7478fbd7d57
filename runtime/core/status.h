#ifndef MTC_CORE_STATUS_H_
#define MTC_CORE_STATUS_H_

#include <utility>

namespace mtc {

// What went wrong, numbered as in mtc.h. The words that explain it travel in an Error.
enum class [[nodiscard]] Status {
  kOk = 0,
  kInvalidArgument = 1,
  kInvalidProgram = 2,
  kMissingKernel = 3,
  kOutOfMemory = 4,
  kIo = 5,
  kCancelled = 6,
  kRunFailed = 7,
};

#define MTC_RETURN_IF_ERROR(expression)                                                      \
  do {                                                                                       \
    if (const ::mtc::Status mtc_status_ = (expression); mtc_status_ != ::mtc::Status::kOk) { \
      return mtc_status_;                                                                    \
    }                                                                                        \
  } while (false)

// Room for the reason of a failure. Reporting returns the status, so that it fits a return statement.
class Error {
 public:
  [[gnu::format(printf, 3, 4)]] Status Report(Status status, const char* format, ...);
  // Puts "context: " before the words that are there.
  [[gnu::format(printf, 2, 3)]] void Prefix(const char* format, ...);
  // Puts more words after those that are there.
  [[gnu::format(printf, 2, 3)]] void Append(const char* format, ...);
  const char* message() const { return message_; }

 private:
  char message_[2048] = {};
};

}  // namespace mtc

#endif  // MTC_CORE_STATUS_H_
