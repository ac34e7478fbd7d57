"""Where operators can run: kernel libraries (portable, XNNPACK, QNNPACK)."""
