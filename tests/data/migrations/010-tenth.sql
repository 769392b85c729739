INSERT INTO log VALUES ('tenth', 10);
