// mtc for Objective-C: programs that `mtc package` wrote, run on this device.
//
//   NSError* error = nil;
//   MTCProgram* program = [MTCProgram programWithContentsOfFile:path error:&error];
//   MTCSession* session = [MTCSession sessionWithProgram:program options:nil error:&error];
//   NSArray<MTCTensor*>* outputs = [session runWithInputs:@[ image ] error:&error];
//
// What can fail returns nil or NO and says why in an NSError of MTCErrorDomain.

#import "MTCError.h"
#import "MTCProgram.h"
#import "MTCSession.h"
#import "MTCTensor.h"
