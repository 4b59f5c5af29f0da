process.stdout.write('starting\n');
process.stderr.write('the disk is full\n');
process.exit(3);
