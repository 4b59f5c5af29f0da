throw new Error('wrong');
