// decide
