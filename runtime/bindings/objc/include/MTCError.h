#import <Foundation/Foundation.h>

NS_ASSUME_NONNULL_BEGIN

// The domain of all errors of mtc. Their codes are of MTCErrorCode, their descriptions say the cause in words.
FOUNDATION_EXPORT NSString* const MTCErrorDomain;

// The statuses of mtc.h.
typedef NS_ENUM(NSInteger, MTCErrorCode) {
  MTCErrorInvalidArgument = 1,  // the caller gave something the program does not take
  MTCErrorInvalidProgram = 2,   // the file is damaged or was not made by mtc
  MTCErrorMissingKernel = 3,    // the program needs kernels this runtime was built without
  MTCErrorOutOfMemory = 4,      // the system, or the limit given in the options
  MTCErrorIO = 5,               // a file could not be opened or read
  MTCErrorCancelled = 6,        // the run was cancelled or the step budget used up
  MTCErrorRunFailed = 7         // a kernel met a value it cannot serve, such as an index out of range
};

NS_ASSUME_NONNULL_END
