#import "MTCError.h"

#import "MTCConversions.h"

NSString* const MTCErrorDomain = @"MTCErrorDomain";

BOOL MTCSucceeded(mtc_status status, const mtc_error* reason, NSError** error) {
  if (status == MTC_OK) return YES;
  if (error != NULL) {
    NSDictionary* info = @{NSLocalizedDescriptionKey : MTCString(reason->message)};
    *error = [NSError errorWithDomain:MTCErrorDomain code:(NSInteger)status userInfo:info];
  }
  return NO;
}

NSString* MTCString(const char* text) {
  NSString* found = text == NULL ? nil : [NSString stringWithUTF8String:text];
  return found == nil ? @"" : found;
}
