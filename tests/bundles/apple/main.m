// Uses every class of the binding as an app does: arguments are a program and a damaged one. Prints what it computes.
#import <MTCObjC.h>

static void Expect(BOOL holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "not so: %s\n", what);
  exit(1);
}

static void Run(NSString* path) {
  NSError* error = nil;
  MTCProgram* program = [MTCProgram programWithContentsOfFile:path error:&error];
  Expect(program != nil, "the program loads");
  Expect([program.functionNames count] == 1 && [program.kernels count] == 2, "one function of two kernels");
  Expect([MTCProgram.runtimeKernels isEqual:program.kernels], "the runtime has these");
  Expect([program metadataForKey:@"no such key"] == nil, "no such metadata");
  MTCSignature* input = [[program inputsOfFunction:0] objectAtIndex:0];
  Expect([input.shape isEqual:@[ @2, @6 ]] && input.dataType == MTCDataTypeFloat32, "the input is f32[2,6]");
  Expect([[program inputsOfFunction:7] count] == 0, "there is no function 7");

  float ones[12];
  for (int i = 0; i < 12; ++i) ones[i] = 1;
  MTCTensor* tensor = [MTCTensor tensorWithFloats:ones shape:@[ @2, @6 ]];
  MTCSessionOptions* options = [[MTCSessionOptions alloc] init];
  options.threads = 2;
  MTCProgram* fromMemory = [MTCProgram programWithData:[NSMutableData dataWithContentsOfFile:path] error:&error];
  for (MTCProgram* each in @[ program, fromMemory ]) {
    MTCSession* session = [MTCSession sessionWithProgram:each options:options error:&error];
    MTCTensor* output = [[session runWithInputs:@[ tensor ] error:&error] objectAtIndex:0];
    Expect([output.shape isEqual:@[ @2, @5 ]] && output.count == 10, "the output is f32[2,5]");
    for (NSUInteger i = 0; i < output.count; ++i) printf("%.9g ", [output valueAtIndex:i]);
    NSData* state = [session saveState:&error];
    Expect(state != nil && [session restoreState:state error:&error] && [session resetState:&error], "it has state");
    Expect([session runWithInputs:@[] error:&error] == nil, "no inputs are too few");
    Expect(error.code == MTCErrorInvalidArgument && [error.domain isEqual:MTCErrorDomain], "that is the error");
    Expect([error.localizedDescription length] > 0, "and it says why");
  }
}

static void Refuse(NSString* damaged) {
  NSError* error = nil;
  Expect([MTCProgram programWithContentsOfFile:damaged error:&error] == nil, "a damaged program does not load");
  Expect(error.code == MTCErrorInvalidProgram, "the code says so");
  Expect([MTCProgram programWithContentsOfFile:@"missing.mtp" error:&error] == nil, "nor does a missing one");
  Expect(error.code == MTCErrorIO, "the code says so");
  Expect([MTCProgram programWithContentsOfFile:@"missing.mtp" error:NULL] == nil, "the error may be unwanted");
  NSData* three = [NSData dataWithBytes:"abc" length:3];
  Expect([MTCTensor tensorWithData:three shape:@[ @1 ] dataType:MTCDataTypeInt16 error:&error] == nil,
         "3 bytes, not 2");
  Expect([MTCTensor tensorWithData:three shape:@[ @-3 ] dataType:MTCDataTypeInt8 error:&error] == nil,
         "no size below 0");
  float values[3] = {0};
  Expect([MTCTensor tensorWithFloats:values shape:@[ @-1 ]] == nil, "nor of floats");
  Expect([MTCTensor tensorWithFloats:values shape:@[ @(1LL << 62), @4 ]] == nil, "nor more than can be counted");
  NSArray* shape = @[ @3 ];
  MTCTensor* bytes = [MTCTensor tensorWithData:three shape:shape dataType:MTCDataTypeUInt8 error:&error];
  Expect([bytes valueAtIndex:2] == 'c' && isnan([bytes valueAtIndex:3]), "elements, and none past the end");
}

int main(int argc, char** argv) {
  @autoreleasepool {
    Expect(argc == 3, "two arguments");
    Run([NSString stringWithUTF8String:argv[1]]);
    Refuse([NSString stringWithUTF8String:argv[2]]);
  }
  return 0;
}
