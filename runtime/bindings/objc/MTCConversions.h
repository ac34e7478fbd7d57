// Between mtc.h and Foundation, for the classes of this library.

#import <mtc/mtc.h>

#import "MTCProgram.h"
#import "MTCTensor.h"

NS_ASSUME_NONNULL_BEGIN

// Fills `error`, if the caller wants it. Returns whether `status` is MTC_OK.
BOOL MTCSucceeded(mtc_status status, const mtc_error* reason, NSError** error);
// `text`, or an empty string for NULL.
NSString* MTCString(const char* _Nullable text);
// The elements are copied.
MTCTensor* MTCTensorFrom(const mtc_tensor* tensor);
// Points into `tensor`. Whether mtc.h can express it.
BOOL MTCTensorTo(MTCTensor* tensor, mtc_tensor* out);
MTCSignature* MTCSignatureFrom(const mtc_signature* signature);

@interface MTCProgram (Handle)
- (const mtc_program*)handle;
@end

NS_ASSUME_NONNULL_END
